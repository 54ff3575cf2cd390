// The policy language: documents in YAML, what is wrong with them, and what they say.
export { definePolicy, type WrittenResource } from './policy/define-policy.ts'
export type { Resource, ResourceOf } from './policy/document/resource.ts'
export type { Finding, Location } from './policy/finding.ts'
export type { KindName, SpecOf, WrittenSpecOf } from './policy/kind/kinds.ts'
export { PolicyWorkspace, type PolicyWorkspaceOptions } from './policy/policy-workspace.ts'
export { customResources } from './policy/publish/custom-resource.ts'
export { diagnosticsReference, policyReference } from './policy/publish/policy-reference.ts'
export { policyJsonSchema } from './policy/publish/policy-schema.ts'
