// What resources mean together: what back ends compile.
export {
  type Claim,
  type Decided,
  type Effective,
  type EffectivePolicies,
  type Level,
  LEVELS,
  type LostClaim,
  type PolicyKindName,
  type RulesOf,
} from './ir/effective.ts'
export type {
  ClusterIr,
  GatewayIr,
  Ir,
  ListenerIr,
  MeshServiceIr,
  UnservedIr,
  VirtualHostIr,
} from './ir/gateway.ts'
export type { ConditionIr, MatchIr, PathMatchIr, TextFieldMatchIr } from './ir/match.ts'
export { keyText, type Origin, type ResourceKey, shownKey, within } from './ir/origin.ts'
export type { ActionIr, BackendIr, HeaderEditIr, MirrorIr, RouteIr, StickyIr } from './ir/route.ts'
export { SourceMap } from './ir/source-map.ts'
