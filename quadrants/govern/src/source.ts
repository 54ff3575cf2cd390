// Where documents come from: one feed of changes, whatever the source is.
export {
  directorySource,
  type DirectorySourceOptions,
  type SourceFileStat,
  type SourceFileSystem,
} from './source/directory-source.ts'
export { type DocumentChanges, DocumentFeed, type DocumentSource } from './source/document-feed.ts'
export type { ApiRequest, ApiRequester, ApiResponse } from './source/kubernetes/api-request.ts'
export {
  type FollowedKind,
  kubernetesSource,
  type KubernetesSourceOptions,
} from './source/kubernetes/kubernetes-source.ts'
