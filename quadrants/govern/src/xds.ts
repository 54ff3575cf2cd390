export { RESOURCE_TYPES, resourceTypeOf, type ResourceType } from './xds/resource-type.ts'
