import { channel } from 'node:diagnostics_channel'
import { globMatch } from '@quadrant/core'
import { EbpfError, type Program } from '@quadrant/ebpf'
import type { DropCount, StageCount } from '../../kernel/loss.ts'
import type { CapturedExchange } from '../captured-exchange.ts'
import type { RequestSeries, RequestSource } from '../request-source.ts'
import { PreciseSource, type PreciseSourceOptions } from './precise-source.ts'
import type { CaptureStream, StreamRules } from './stream-requests.ts'

const diagnostics = channel('quadrant:observe')

export interface PreciseRequestsOptions extends PreciseSourceOptions {
  /** Ids of the cgroups in which services run that match a glob. */
  readonly groupsOf: (services: readonly string[]) => ReadonlySet<number>
}

/**
 * Chooses by which source requests are told: those of chosen services' groups by what their processes send and receive, all
 * others by their packets, which see all of them. What was answered before a group is chosen is told by its packets, what is
 * asked after that by its processes; requests under way in that moment are told by neither. Where a group is not chosen any
 * more, what is answered after that is told by its packets.
 */
export class PreciseRequests implements CaptureStream, Disposable {
  readonly #options: PreciseRequestsOptions
  #source: PreciseSource | undefined
  #services: readonly string[] = []
  #rules: StreamRules | undefined
  #problem: string | undefined
  /** Taken when a group changed hands. */
  #rows: RequestSeries[] = []

  constructor(options: PreciseRequestsOptions) {
    this.#options = options
  }

  /** Why chosen services are not observed precisely. */
  get problem(): string | undefined {
    return this.#problem
  }

  get programs(): readonly Program[] {
    return this.#source?.programs ?? []
  }

  /** @param services globs; none: nothing is loaded */
  configure(packets: RequestSource, services: readonly string[]): void {
    this.#services = services
    this.#problem = undefined
    if (services.length === 0) {
      if (this.#source !== undefined) this.#follow(packets, new Set())
      this.#close()
      return
    }
    try {
      this.#source ??= this.#open()
    } catch (error) {
      this.#fail(error)
    }
    this.renew(packets)
  }

  /** Looks for the groups of chosen services anew. */
  renew(packets: RequestSource): void {
    if (this.#source !== undefined) this.#follow(packets, this.#options.groupsOf(this.#services))
  }

  poll(): void {
    this.#source?.poll()
  }

  /** Whether requests of a group are told by what its processes send and receive. */
  has(cgroupId: number): boolean {
    return this.#source?.has(cgroupId) === true
  }

  setRules(rules: StreamRules): void {
    this.#rules = rules
    this.#source?.requests.setRules(rules)
  }

  renewScopes(): void {
    this.#source?.requests.renewScopes()
  }

  takeCaptures(onExchange: (exchange: CapturedExchange) => void): void {
    this.#source?.requests.takeCaptures(onExchange)
  }

  get captureLossCount(): number {
    return this.#source?.requests.captureLossCount ?? 0
  }

  /** What came since the last read, by whichever source it is to be told. */
  read(packets: RequestSource): readonly RequestSeries[] {
    this.#take(packets)
    const rows = this.#rows
    this.#rows = []
    return rows
  }

  /** How many of these services are observed precisely. */
  countOf(services: Iterable<string>): number {
    if (this.#source === undefined || this.#source.groupCount === 0) return 0
    let count = 0
    for (const service of services) if (this.#services.some((glob) => globMatch(glob, service))) count++
    return count
  }

  drops(): readonly DropCount[] {
    return this.#source?.drops() ?? []
  }

  stages(): readonly StageCount[] {
    return this.#source?.stages() ?? []
  }

  #open(): PreciseSource {
    const source = new PreciseSource(this.#options)
    if (this.#rules !== undefined) source.requests.setRules(this.#rules)
    return source
  }

  #follow(packets: RequestSource, wanted: ReadonlySet<number>): void {
    const source = this.#source!
    if (source.isFollowing(wanted)) return
    // Until now by those who had it, from now on by those who have it.
    this.#take(packets)
    try {
      source.follow(wanted)
      this.#problem = undefined
    } catch (error) {
      this.#fail(error)
    }
    this.#rows.push(...source.read())
  }

  #take(packets: RequestSource): void {
    for (const row of packets.read()) if (!this.#source?.has(row.cgroupId)) this.#rows.push(row)
    if (this.#source !== undefined) this.#rows.push(...this.#source.read())
  }

  #fail(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    // A tracepoint of a program.
    const isOld = error instanceof EbpfError && error.code === 'not-found'
    const why = isOld ? 'it needs Linux 6.17' : message
    this.#problem = `precise mode is not possible, services are observed by their packets: ${why}`
    diagnostics.publish({ event: 'requests-failed', message })
  }

  #close(): void {
    this.#source?.[Symbol.dispose]()
    this.#source = undefined
  }

  [Symbol.dispose](): void {
    this.#close()
    this.#rows = []
    this.#problem = undefined
  }
}
