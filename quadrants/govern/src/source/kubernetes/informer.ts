import { setTimeout as sleep } from 'node:timers/promises'
import {
  ApiProblem,
  type ApiRequester,
  isObject,
  linesOf,
  parseObject,
  readJson,
  succeeded,
} from './api-request.ts'

const PAGE_LIMIT = 500
const PAGE_BYTES_MAX = 256 << 20
const EVENT_LENGTH_MAX = 8 << 20
const RETRY_MS_MAX = 30_000
const RETRY_AFTER_SECONDS_MAX = 300

export interface InformerOptions {
  readonly request: ApiRequester
  /** Such as `/api/v1/services`. */
  readonly path: string
  readonly apiVersion: string
  readonly kind: string
  readonly signal: AbortSignal
  /** An object by `namespace/name` as it is now; undefined where it is gone. */
  readonly changed: (key: string, object: Record<string, unknown> | undefined) => void
  /** All objects have been told for the first time, or the server does not have the kind. */
  readonly synced: () => void
  /** Why objects are not followed at present; undefined where they are. */
  readonly problem: (message: string | undefined) => void
  /** First wait after a failure; doubled to 30 s. Default 500 ms. */
  readonly retryMs?: number
  /** From 0 to 1, so that many do not come again together. */
  readonly random: () => number
  /** More are not kept, and a problem says so. Default 100,000. */
  readonly objectsMax?: number
}

/**
 * Follows all objects of a kind: lists them in pages, watches from there with bookmarks, and lists again where the server
 * has forgotten the version (410) or an event makes no sense. Returns when its signal is aborted.
 */
export async function inform(options: InformerOptions): Promise<void> {
  const { signal, random } = options
  const known = new Map<string, string>()
  const retryMs = options.retryMs ?? 500
  let failureCount = 0
  let version: string | undefined
  while (!signal.aborted) {
    try {
      if (version === undefined) {
        version = await list(options, known)
        options.synced()
      }
      for await (const next of watch(options, known, version)) {
        version = next
        failureCount = 0
      }
      // A watch that the server ends is nothing bad, unless it does so at once, again and again.
      failureCount++
    } catch (error) {
      if (signal.aborted) return
      const status = error instanceof ApiProblem ? error.status : undefined
      // 0: not understood. What was missed is not known, so all is listed.
      if (status === 410 || status === 404 || status === 0) version = undefined
      if (status === 404) {
        for (const key of known.keys()) options.changed(key, undefined)
        known.clear()
        options.synced()
        options.problem(undefined)
      } else if (status !== 410) options.problem(error instanceof Error ? error.message : String(error))
      failureCount = status === 410 ? 1 : failureCount + 1
      const after = error instanceof ApiProblem ? error.retryAfterSeconds : undefined
      if (after !== undefined) await pause(Math.min(after, RETRY_AFTER_SECONDS_MAX) * 1000, signal)
    }
    const waitMs = Math.min(RETRY_MS_MAX, retryMs * 2 ** Math.min(failureCount - 1, 10))
    await pause(waitMs * (0.5 + random() / 2), signal)
  }
}

async function list(options: InformerOptions, known: Map<string, string>): Promise<string> {
  const { request, path, signal } = options
  const seen = new Set<string>()
  let token = ''
  for (;;) {
    const query = { limit: String(PAGE_LIMIT), ...(token && { continue: token }) }
    const page = await readJson(
      await succeeded(await request({ path, query, signal }), 1 << 20),
      PAGE_BYTES_MAX,
    )
    const { metadata, items } = page
    if (!isObject(metadata) || typeof metadata.resourceVersion !== 'string' || !Array.isArray(items))
      throw new ApiProblem(0, 'the API server sends a list without a version or items')
    for (const item of items as readonly unknown[]) {
      const { key, version, object } = identify(item)
      set(options, known, key, version, object)
      if (known.has(key)) seen.add(key)
    }
    token = typeof metadata.continue === 'string' ? metadata.continue : ''
    if (token) continue
    // Only here is it known which are gone: a list may end in 410 half way.
    for (const key of known.keys())
      if (!seen.has(key)) {
        known.delete(key)
        options.changed(key, undefined)
      }
    return metadata.resourceVersion
  }
}

/** Versions up to which all is known. */
async function* watch(
  options: InformerOptions,
  known: Map<string, string>,
  from: string,
): AsyncGenerator<string, void> {
  const query = { watch: 'true', allowWatchBookmarks: 'true', resourceVersion: from, timeoutSeconds: '300' }
  const response = await succeeded(
    await options.request({ path: options.path, query, signal: options.signal }),
    1 << 20,
  )
  const { objectsMax = 100_000 } = options
  options.problem(
    known.size < objectsMax ? undefined : `at most ${objectsMax} objects are kept of ${options.kind}`,
  )
  for await (const line of linesOf(response.body, EVENT_LENGTH_MAX)) {
    const { type, object: content } = parseObject(line)
    if (type === 'ERROR') {
      const { code, message } = isObject(content) ? content : {}
      throw new ApiProblem(
        typeof code === 'number' ? code : 0,
        typeof message === 'string' ? message : 'the watch has failed',
      )
    }
    if (type === 'BOOKMARK') {
      const metadata = isObject(content) && isObject(content.metadata) ? content.metadata : {}
      if (typeof metadata.resourceVersion !== 'string') throw new ApiProblem(0, 'a bookmark has no version')
      yield metadata.resourceVersion
      continue
    }
    const { key, version, object } = identify(content)
    if (type === 'DELETED') {
      if (known.delete(key)) options.changed(key, undefined)
    } else if (type === 'ADDED' || type === 'MODIFIED') set(options, known, key, version, object)
    else throw new ApiProblem(0, `the API server sends an event of type ${JSON.stringify(type)}`)
    yield version
  }
}

function set(
  options: InformerOptions,
  known: Map<string, string>,
  key: string,
  version: string,
  object: Record<string, unknown>,
): void {
  const { objectsMax = 100_000 } = options
  if (known.get(key) === version) return
  if (!known.has(key) && known.size >= objectsMax) return
  known.set(key, version)
  // Items of a list have neither; who owns which field, and the status, are of no use here and are most of the bytes.
  const { metadata, status: _status, ...rest } = object
  const { managedFields: _managed, ...kept } = metadata as Record<string, unknown>
  options.changed(key, { ...rest, apiVersion: options.apiVersion, kind: options.kind, metadata: kept })
}

function identify(object: unknown): {
  readonly key: string
  readonly version: string
  readonly object: Record<string, unknown>
} {
  const metadata = isObject(object) ? object.metadata : undefined
  if (!isObject(object) || !isObject(metadata)) throw new ApiProblem(0, 'an object has no metadata')
  const { namespace, name, resourceVersion } = metadata
  if (typeof name !== 'string' || typeof resourceVersion !== 'string')
    throw new ApiProblem(0, 'an object has no name or version')
  return {
    key: `${typeof namespace === 'string' ? namespace : ''}/${name}`,
    version: resourceVersion,
    object,
  }
}

async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  // Ended early by the signal, which the caller looks at.
  await sleep(durationMs, undefined, { signal }).catch(() => undefined)
}
