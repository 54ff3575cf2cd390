import { DocumentFeed, type DocumentSource } from '../document-feed.ts'
import type { ApiRequester } from './api-request.ts'
import { inform } from './informer.ts'

/** A kind that is followed in all namespaces. */
export interface FollowedKind {
  /** Such as `v1` or `quadrant.dev/v1`. */
  readonly apiVersion: string
  readonly kind: string
  /** As it is in paths: `services`. */
  readonly plural: string
}

export interface KubernetesSourceOptions {
  readonly request: ApiRequester
  readonly kinds: readonly FollowedKind[]
  /** Ends the source, and all that it asks. */
  readonly signal: AbortSignal
  /** First wait after a failure; doubled to 30 s. Default 500 ms. */
  readonly retryMs?: number
  /** Default `Math.random`. */
  readonly random?: () => number
  /** Of each kind. Default 100,000. */
  readonly objectsMax?: number
}

/**
 * Objects of a Kubernetes cluster as JSON documents, named `kubernetes:NAMESPACE/KIND/NAME`. A kind that the server does
 * not have is empty, and is asked for again: its definition may come later.
 */
export function kubernetesSource(options: KubernetesSourceOptions): DocumentSource {
  const { request, kinds, signal, retryMs, random = Math.random, objectsMax } = options
  const feed = new DocumentFeed()
  const unsynced = new Set(kinds)
  if (kinds.length === 0) feed.setSynced()
  if (signal.aborted) feed[Symbol.dispose]()
  else signal.addEventListener('abort', () => feed[Symbol.dispose](), { once: true })
  for (const followed of kinds) {
    const { apiVersion, kind, plural } = followed
    void inform({
      request,
      path: `/${apiVersion.includes('/') ? 'apis' : 'api'}/${apiVersion}/${plural}`,
      apiVersion,
      kind,
      signal,
      ...(retryMs !== undefined && { retryMs }),
      ...(objectsMax !== undefined && { objectsMax }),
      random,
      changed: (key, object) => {
        const [namespace, name] = key.split('/')
        feed.set(
          `kubernetes:${namespace}/${kind}/${name}`,
          object && `${JSON.stringify(object, undefined, 2)}\n`,
        )
      },
      synced: () => {
        unsynced.delete(followed)
        if (unsynced.size === 0) feed.setSynced()
      },
      problem: (message) => feed.setProblem(`kubernetes:${apiVersion}/${kind}`, message),
    })
  }
  return feed
}
