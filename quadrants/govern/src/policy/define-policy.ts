import { type Diagnostic, hasErrors } from '@quadrant/core'
import { GovernError } from '../error.ts'
import { POLICY_CODES } from './codes.ts'
import { readRoot } from './document/read-document.ts'
import type { ResourceOf } from './document/resource.ts'
import { apiVersionOf } from './kind/kind.ts'
import { findKind, type KindName, type WrittenSpecOf } from './kind/kinds.ts'
import type { WrittenMetadata } from './kind/metadata.ts'
import { nodeOf } from './yaml/yaml-node.ts'

/** A resource as a program writes it: what has a default may be left out. */
export interface WrittenResource<K extends KindName> {
  readonly kind: K
  /** Default: the newest of the kind. */
  readonly apiVersion?: string
  readonly metadata: WrittenMetadata
  readonly spec: WrittenSpecOf<K>
}

/**
 * The resource that a document with the same content is. A spec that has something of another type, or that no kind has,
 * does not compile.
 *
 *     definePolicy<'TimeoutPolicy'>({
 *       kind: 'TimeoutPolicy',
 *       metadata: { name: 'cart' },
 *       spec: { targetRefs: [{ kind: 'HTTPRoute', name: 'cart' }], request: '3s' },
 *     })
 *
 * @throws {GovernError} `policy` where the types cannot tell that it is wrong, such as a name or a contradiction.
 */
export function definePolicy<K extends KindName>(written: WrittenResource<K>): ResourceOf<K> {
  const kind = findKind(written.kind)
  const whole = { apiVersion: kind && apiVersionOf(kind), ...written }
  const { resource, problems } = readRoot(nodeOf(whole), '')
  const diagnostics = problems.map(({ code, severity, message, fix }): Diagnostic => ({
    code: POLICY_CODES[code].code,
    severity,
    message,
    fix,
  }))
  if (resource === undefined || hasErrors(diagnostics))
    throw new GovernError(
      'policy',
      `${written.kind} ${written.metadata.name}: ${diagnostics.map(({ message }) => message).join('; ')}`,
      { diagnostics },
    )
  return resource as unknown as ResourceOf<K>
}
