export { JoinTokens, type TokenOutcome, type TokenRefusal } from './identity/join-tokens.ts'
export {
  checkRegistrations,
  identitiesOf,
  type ProcessFacts,
  type Registration,
  type Selector,
} from './identity/registration.ts'
export { planRoots, type RootPlan, type RootPlanOptions, type RootTimes } from './identity/root-plan.ts'
export { type PeerSecret, sdsResources } from './identity/sds-resources.ts'
export {
  generateWorkloadKeys,
  readSigningRequest,
  type SigningRequest,
  writeSigningRequest,
} from './identity/signing-request.ts'
export {
  createRoot,
  exportRoot,
  importRoot,
  type RootOptions,
  type RootPem,
  type SigningRoot,
} from './identity/signing-root.ts'
export { checkTrustDomain, formatSpiffeId, parseSpiffeId, type SpiffeId } from './identity/spiffe-id.ts'
export { issueSvid, renewAtMs, type Svid, type SvidOptions } from './identity/svid.ts'
export {
  type HeldSvid,
  type IssuedSvid,
  type KeeperClock,
  SvidKeeper,
  type SvidKeeperOptions,
} from './identity/svid-keeper.ts'
