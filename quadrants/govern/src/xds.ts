export type { Admission, XdsClient, XdsPeer } from './xds/admission.ts'
export type { Answers } from './xds/answer-wait.ts'
export { toResource, type XdsResource } from './xds/resource.ts'
export { RESOURCE_TYPES, resourceTypeOf, type ResourceType } from './xds/resource-type.ts'
export type { StatusChange, StatusChanges, WatchOptions } from './xds/status-feed.ts'
export type { ResourceState, ResourceStatus } from './xds/answer.ts'
export { DEFAULT_XDS_LIMITS, XDS_CHANNEL_OPTIONS, type XdsLimits } from './xds/xds-limits.ts'
export {
  type ResourceKey,
  type XdsChange,
  type XdsCounts,
  XdsServer,
  type XdsServerOptions,
  type XdsStatus,
  type XdsStreamStatus,
} from './xds/xds-server.ts'
export type { TypeStatus } from './xds/xds-stream.ts'
