import { ENVOY_REGISTRY } from '@quadrant/proto/envoy'
import type { XdsResource } from '../xds/resource.ts'
import { ProtoRules } from './message-rules.ts'

const RULES = new ProtoRules(ENVOY_REGISTRY)

/**
 * What Envoy's proto rules do not allow in a resource, in words. Extensions that are not known here are not looked into: Envoy
 * may know them.
 */
export function protoProblem({ typeUrl, value }: Pick<XdsResource, 'typeUrl' | 'value'>): string | undefined {
  const found = RULES.checkEncoded(typeUrl, value).filter(({ isUnknownType }) => isUnknownType !== true)
  if (found.length === 0) return undefined
  return found.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
}
