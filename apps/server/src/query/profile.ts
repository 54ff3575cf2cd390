import { setImmediate } from 'node:timers/promises'
import { create } from '@bufbuild/protobuf'
import { GetProfileResponseSchema, SampleKind, type GetProfileResponse } from '@quadrant/proto'
import { ServerError } from '../error.ts'
import { nearest } from '@quadrant/core'
import type { ProfileHead } from '../store/runtime-store.ts'
import type { NsRange, Store } from '../store/store.ts'
import { ProfileMerge } from './profile-merge.ts'
import { planRange } from './range.ts'
import { processName, type Subject } from './subject.ts'

const HEADS_PER_PAGE = 1000
/** Windows that are unpacked for one answer. */
const WINDOWS_MAX = 20_000
/** Time after which other work may run, milliseconds. */
const TURN_MS = 10
const KINDS: Readonly<Record<string, SampleKind>> = {
  program: SampleKind.UNSPECIFIED,
  gc: SampleKind.GC,
  runtime: SampleKind.RUNTIME,
}

export interface ProfileRequest {
  readonly subject: Subject
  readonly range: NsRange
  /** Empty: all. */
  readonly kinds: readonly string[]
  readonly timeOrder: boolean
  readonly nowNs: number
  readonly signal?: AbortSignal
}

/**
 * Answers GetProfile: the windows of the range as one, the newest first where not all fit.
 *
 * @throws {ServerError} `argument` for a kind that there is none of
 */
export async function queryProfile(store: Store, request: ProfileRequest): Promise<GetProfileResponse> {
  const { subject, range, timeOrder, nowNs, signal } = request
  const names: string[] = []
  const indices = new Map<number, number>()
  const known = new Map(subject.lives.map(({ process }) => [process.id, process]))
  const indexOf = (id: number) => {
    const process = known.get(id)
    if (!process) return undefined
    let index = indices.get(id)
    if (index === undefined) {
      index = names.push(processName(process)) - 1
      indices.set(id, index)
    }
    return index
  }
  const merge = new ProfileMerge({ range, indexOf, kinds: sampleKinds(request.kinds), timeOrder })
  let windows = 0
  let unpacked = 0
  let omitted = 0
  let turnMs = performance.now()
  for await (const head of newestFirst(store, range)) {
    signal?.throwIfAborted()
    windows++
    // Most windows have nothing of a process that sleeps, and need not be unpacked for it.
    if (subject.kind !== 'all' && !(await hasSamples(store, head, known))) continue
    if (unpacked === WINDOWS_MAX) {
      omitted++
      continue
    }
    unpacked++
    const profile = await store.runtime.profile(head.id)
    if (profile && !merge.add(profile)) omitted++
    if (performance.now() - turnMs < TURN_MS) continue
    await setImmediate()
    turnMs = performance.now()
  }
  const drops = await store.drops(planRange(range, nowNs).spans)
  return create(GetProfileResponseSchema, {
    range,
    profile: merge.window(),
    processes: names,
    samples: merge.samples,
    broken: merge.broken,
    windows,
    windowsOmitted: omitted,
    drops: [...drops],
  })
}

/** Heads of the windows that overlap a range, a page at a time. */
export async function* newestFirst(store: Store, range: NsRange): AsyncGenerator<ProfileHead> {
  let idMax = Number.MAX_SAFE_INTEGER
  while (true) {
    const heads = await store.runtime.profileWindows(range, { idMax, limit: HEADS_PER_PAGE })
    yield* heads
    if (heads.length < HEADS_PER_PAGE) return
    idMax = heads.at(-1)!.id - 1
    await setImmediate()
  }
}

async function hasSamples(
  store: Store,
  { id }: ProfileHead,
  processes: ReadonlyMap<number, unknown>,
): Promise<boolean> {
  return (await store.runtime.profileCounts(id)).some(({ process }) => processes.has(process))
}

function sampleKinds(kinds: readonly string[]): ReadonlySet<number> | undefined {
  if (kinds.length === 0) return undefined
  return new Set(
    kinds.map((kind) => {
      const known = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined
      if (known !== undefined) return known
      const near = nearest(kind, Object.keys(KINDS))
      throw new ServerError('argument', `no kind of samples is called \`${kind}\``, {
        fix: near ? `did you mean ${near}?` : `use one of ${Object.keys(KINDS).join(', ')}`,
      })
    }),
  )
}
