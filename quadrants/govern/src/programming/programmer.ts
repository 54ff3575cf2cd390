import { createHash } from 'node:crypto'
import type { XdsResource } from '../xds/resource.ts'
import type { StatusChange } from '../xds/status-feed.ts'
import type { XdsServer } from '../xds/xds-server.ts'
import { RESOURCE_TYPES } from '../xds/resource-type.ts'
import { programKey, type ProgramResource, type Refusal } from './program.ts'

export interface ProgrammerOptions {
  readonly xds: XdsServer
  /** How long proxies may take to answer while it is looked for what they do not take. Default: 5 seconds. */
  readonly answerMsMax?: number
  /**
   * Says what is wrong with a resource before a proxy sees it, `protoProblem` for example: it is held back like one that was
   * refused, by nobody. Default: everything goes out.
   */
  readonly check?: (resource: XdsResource) => string | undefined
  /** Called when what is refused is other than before. */
  readonly refusalsChanged?: () => void
}

interface Entry {
  readonly wanted: ProgramResource
  /** What of it is served: the wanted one, the last that was taken, or nothing. */
  served: XdsResource | undefined
  refusal: { readonly nodes: string[]; readonly error: string } | undefined
}

const ANSWER_MS_MAX = 5000
/** Of changes that come one after the other, before any of them is with all proxies. */
const LATE_MS_MAX = 30_000
/** How often it is looked whether proxies have new clusters. */
const LOOK_MS = 2

interface Late {
  readonly set: readonly XdsResource[]
  readonly remove: readonly XdsResource[]
  /** Of the clock that only grows: it goes out by then, whoever has yet to answer. */
  readonly untilMs: number
  /** When the first of those began to wait that came one after the other. */
  readonly sinceMs: number
}

const NOTHING_LATE: Late = { set: [], remove: [], untilMs: Infinity, sinceMs: Infinity }

/** Types that lead requests to clusters. */
const LEADING: ReadonlySet<string> = new Set(
  RESOURCE_TYPES.flatMap(({ name, typeUrl }) => (name === 'LDS' || name === 'RDS' ? [typeUrl] : [])),
)

/** Of one search for the culprit among many. */
const STEPS_MAX = 64

/**
 * Brings what was compiled to proxies, and holds back what a proxy does not take: the last version that was taken stays in
 * force, and everything else goes on. A proxy that does not say which resource is at fault is served halves of them until it
 * is known.
 */
export class Programmer implements AsyncDisposable {
  readonly #xds: XdsServer
  readonly #answerMsMax: number
  readonly #check: (resource: XdsResource) => string | undefined
  readonly #refusalsChanged: () => void
  readonly #entries = new Map<string, Entry>()
  /** The last that each proxy that wants it took. */
  readonly #taken = new Map<string, XdsResource>()
  readonly #ending = new AbortController()
  readonly #suspects = new Map<string, StatusChange>()
  readonly #following: Promise<void>
  #searchCount = 0
  /** What waits until proxies have what it leads to. */
  #late: Late = NOTHING_LATE

  constructor(options: ProgrammerOptions) {
    const { xds, answerMsMax = ANSWER_MS_MAX, check = () => undefined, refusalsChanged = () => {} } = options
    this.#check = check
    this.#xds = xds
    this.#answerMsMax = answerMsMax
    this.#refusalsChanged = refusalsChanged
    this.#following = this.#follow()
  }

  /** How often it was looked for what a proxy does not take. */
  get searchCount(): number {
    return this.#searchCount
  }

  /** Everything that proxies are to have from now on. What was refused and is the same is not tried again. */
  program(resources: readonly ProgramResource[]): void {
    const set: XdsResource[] = []
    const seen = new Set<string>()
    let isHealed = false
    let isHeldBack = false
    for (const wanted of resources) {
      const key = programKey(wanted.resource)
      seen.add(key)
      const before = this.#entries.get(key)
      const isSame = before !== undefined && isSameResource(before.wanted.resource, wanted.resource)
      if (isSame && before.refusal !== undefined) {
        this.#entries.set(key, { ...before, wanted })
        continue
      }
      if (before?.refusal !== undefined) isHealed = true
      this.#suspects.delete(key)
      const error = isSame ? undefined : this.#check(wanted.resource)
      if (error !== undefined) {
        // What is served meanwhile has passed the same check.
        this.#entries.set(key, { wanted, served: before?.served, refusal: { nodes: [], error } })
        isHeldBack = true
        continue
      }
      this.#entries.set(key, { wanted, served: wanted.resource, refusal: undefined })
      set.push(wanted.resource)
    }
    const gone = [...this.#entries].filter(([key]) => !seen.has(key))
    for (const [key, { refusal }] of gone) {
      if (refusal !== undefined) isHealed = true
      this.#entries.delete(key)
      this.#taken.delete(key)
      this.#suspects.delete(key)
    }
    const removed = gone.map(([, { wanted }]) => wanted.resource)
    this.#send(set, [...this.#late.remove, ...removed])
    if (isHealed || isHeldBack) this.#refusalsChanged()
  }

  /**
   * New clusters go first, and what leads to them when proxies have them with their endpoints: Envoy answers 503 for a route
   * to a cluster that it is still getting ready.
   */
  #send(set: readonly XdsResource[], remove: readonly XdsResource[]): void {
    const pairs = [...this.#entries].flatMap(([key, { wanted, served }]) =>
      wanted.needs !== undefined && served !== undefined && !this.#taken.has(key)
        ? [{ of: wanted.resource, needs: wanted.needs }]
        : [],
    )
    // What was late is still wanted, as it is now.
    const late = this.#late.set.flatMap((one) => this.#entries.get(programKey(one))?.served ?? [])
    const all = [...new Map([...late, ...set].map((one) => [programKey(one), one])).values()]
    const kept = remove.filter((one) => !this.#entries.has(programKey(one)))
    // Whatever comes after another begins to wait anew, but not for ever.
    const now = performance.now()
    const sinceMs = Math.min(this.#late.sinceMs, now)
    const untilMs = Math.min(now + this.#answerMsMax, sinceMs + LATE_MS_MAX)
    if (pairs.length === 0) {
      this.#late = NOTHING_LATE
      this.#xds.update({ set: all, remove: kept })
      return
    }
    this.#xds.update({ set: all.filter(({ typeUrl }) => !LEADING.has(typeUrl)) })
    const turn = { set: all.filter(({ typeUrl }) => LEADING.has(typeUrl)), remove: kept, sinceMs, untilMs }
    this.#late = turn
    void this.#sendLate(turn, pairs)
  }

  async #sendLate(turn: Late, pairs: Parameters<XdsServer['waitingCount']>[0]): Promise<void> {
    while (
      this.#xds.waitingCount(pairs) > 0 &&
      performance.now() < turn.untilMs &&
      !this.#ending.signal.aborted
    ) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
      // A newer program has what is late of this one.
      if (this.#late !== turn) return
    }
    if (this.#late !== turn || this.#ending.signal.aborted) return
    this.#late = NOTHING_LATE
    this.#xds.update(turn)
  }

  /** What proxies do not take. */
  refusals(): readonly Refusal[] {
    return [...this.#entries.values()].flatMap(({ wanted, served, refusal }) => {
      if (refusal === undefined) return []
      const { typeUrl, name } = wanted.resource
      return [
        {
          typeUrl,
          name,
          nodes: refusal.nodes,
          error: refusal.error,
          origin: wanted.originOf(refusal.error),
          isOlderServed: served !== undefined,
        },
      ]
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort()
    await this.#following
  }

  async #follow(): Promise<void> {
    const { signal } = this.#ending
    for await (const { changes } of this.#xds.changes({ signal })) {
      for (const change of changes) this.#note(change)
      while (this.#suspects.size > 0 && !signal.aborted) await this.#search()
    }
  }

  #note(change: StatusChange): void {
    const typeUrl = TYPE_URLS.get(change.type)
    if (typeUrl === undefined || change.state === 'sent') return
    const key = programKey({ typeUrl, name: change.name })
    const entry = this.#entries.get(key)
    if (!entry || entry.served === undefined) return
    if (change.state === 'rejected') {
      if (entry.refusal === undefined) this.#suspects.set(key, change)
      return
    }
    this.#suspects.delete(key)
    if (entry.refusal === undefined) this.#taken.set(key, entry.served)
  }

  /** Finds who is at fault among those in responses that were rejected. */
  async #search(): Promise<void> {
    this.#searchCount++
    const suspects = [...this.#suspects]
    this.#suspects.clear()
    for (const [, group] of Map.groupBy(suspects, ([, { type }]) => type)) {
      const keys = group.map(([key]) => key).filter((key) => this.#entries.get(key)?.refusal === undefined)
      const named = group.filter(
        ([key, { name, error }]) => keys.includes(key) && error !== undefined && mentions(error, name),
      )
      // What has been taken before, as it is, is at no fault.
      const isNew = ([key]: readonly [string, StatusChange]) =>
        this.#taken.get(key) !== this.#entries.get(key)?.served
      const doubtful = named.length > 0 ? named : group.filter(isNew)
      if (named.length > 0 || doubtful.length <= 1)
        for (const [key, change] of doubtful) this.#refuse(key, change)
      else await this.#bisect(doubtful)
      const rest = keys.filter((key) => this.#entries.get(key)?.refusal === undefined)
      this.#xds.resend(rest.flatMap((key) => this.#entries.get(key)?.served ?? []))
    }
    this.#refusalsChanged()
  }

  /** Holds all of them back, and brings in halves until those that are rejected are alone. */
  async #bisect(group: readonly (readonly [string, StatusChange])[]): Promise<void> {
    for (const [key] of group) this.#holdBack(key)
    const halves = [group]
    let stepCount = 0
    while (halves.length > 0 && stepCount++ < STEPS_MAX) {
      const half = halves.shift()!
      const isTaken = await this.#isTaken(half.map(([key]) => key))
      if (isTaken) continue
      const [first] = half
      if (half.length === 1) this.#refuse(first![0], first![1])
      else {
        for (const [key] of half) this.#holdBack(key)
        const middle = half.length >> 1
        halves.unshift(half.slice(0, middle), half.slice(middle))
      }
    }
    // Who could not be told apart in time is held back as well.
    for (const [key, change] of halves.flat()) this.#refuse(key, change)
  }

  async #isTaken(keys: readonly string[]): Promise<boolean> {
    const entries = keys.flatMap((key) => this.#entries.get(key) ?? [])
    const set = entries.map((entry) => {
      entry.served = entry.wanted.resource
      return entry.served
    })
    this.#xds.update({ set })
    const signal = AbortSignal.any([this.#ending.signal, AbortSignal.timeout(this.#answerMsMax)])
    try {
      const { rejectedCount } = await this.#xds.answers(set, { signal })
      if (rejectedCount > 0) return false
    } catch {
      return false
    }
    for (const key of keys) {
      const served = this.#entries.get(key)?.served
      if (served) this.#taken.set(key, served)
    }
    return true
  }

  #refuse(key: string, { node, error = '' }: StatusChange): void {
    const entry = this.#entries.get(key)
    if (!entry) return
    if (entry.refusal) {
      if (!entry.refusal.nodes.includes(node.id)) entry.refusal.nodes.push(node.id)
      return
    }
    entry.refusal = { nodes: [node.id], error }
    this.#holdBack(key)
  }

  /** The last version that was taken, or nothing. */
  #holdBack(key: string): void {
    const entry = this.#entries.get(key)
    if (!entry) return
    entry.served = this.#taken.get(key)
    if (entry.served) this.#xds.update({ set: [entry.served] })
    else this.#xds.update({ remove: [entry.wanted.resource] })
  }
}

const TYPE_URLS: ReadonlyMap<string, string> = new Map(
  RESOURCE_TYPES.map(({ name, typeUrl }) => [name, typeUrl]),
)

function isSameResource(a: XdsResource, b: XdsResource): boolean {
  return a.view === b.view && digestOf(a.value) === digestOf(b.value)
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64')
}

/** Whether a text has a name in it that is not part of a longer one. */
function mentions(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + 1)) {
    const before = text[at - 1] ?? ' '
    const after = text[at + name.length] ?? ' '
    if (!/[\w/.-]/.test(before) && !/[\w/-]/.test(after)) return true
  }
  return false
}
