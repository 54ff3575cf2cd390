import type { ReadOf, WrittenOf } from '../schema/schema.ts'
import { authorizationPolicy } from './authorization-policy.ts'
import { circuitBreakerPolicy } from './circuit-breaker-policy.ts'
import { faultPolicy } from './fault-policy.ts'
import { filterPolicy } from './filter-policy.ts'
import { gateway } from './gateway-api/gateway.ts'
import { grpcRoute } from './gateway-api/grpc-route.ts'
import { httpRoute } from './gateway-api/http-route.ts'
import { referenceGrant } from './gateway-api/reference-grant.ts'
import { headerPolicy } from './header-policy.ts'
import { jwtPolicy } from './jwt-policy.ts'
import type { AnyKind } from './kind.ts'
import { mirrorPolicy } from './mirror-policy.ts'
import { rateLimitPolicy } from './rate-limit-policy.ts'
import { retryPolicy } from './retry-policy.ts'
import { telemetryPolicy } from './telemetry-policy.ts'
import { timeoutPolicy } from './timeout-policy.ts'
import { trafficSplitPolicy } from './traffic-split-policy.ts'

/** All kinds: a new one is a file, and a line here. */
const DECLARED = [
  rateLimitPolicy,
  timeoutPolicy,
  retryPolicy,
  circuitBreakerPolicy,
  authorizationPolicy,
  jwtPolicy,
  headerPolicy,
  faultPolicy,
  trafficSplitPolicy,
  mirrorPolicy,
  filterPolicy,
  telemetryPolicy,
  gateway,
  httpRoute,
  grpcRoute,
  referenceGrant,
] as const

type Declared = (typeof DECLARED)[number]
export type KindName = Declared['kind']
type DeclaredKind<K extends KindName> = Extract<Declared, { readonly kind: K }>
/** What the AST has as the spec of a kind, and what programs may write. */
export type SpecOf<K extends KindName> = ReadOf<DeclaredKind<K>['spec']>
export type WrittenSpecOf<K extends KindName> = WrittenOf<DeclaredKind<K>['spec']>

export const KINDS: readonly AnyKind[] = DECLARED
export const KIND_NAMES: readonly KindName[] = DECLARED.map(({ kind }) => kind)

const BY_NAME: ReadonlyMap<string, AnyKind> = new Map(DECLARED.map((kind) => [kind.kind, kind]))

export function findKind(name: string): AnyKind | undefined {
  return BY_NAME.get(name)
}
