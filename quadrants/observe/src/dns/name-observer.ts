import type { HostName } from '@quadrant/proto'
import type { HostClock } from '../discover/host-clock.ts'
import type { NetworkNamespace } from '../discover/namespaces.ts'
import type { DropCount, StageCount } from '../kernel/loss.ts'
import type { ProgramReport } from '../kernel/programs.ts'
import type { AskedServers } from './asked-servers.ts'
import { type DnsAnswer, readDnsMessage } from './dns-message.ts'
import type { DnsProblem } from './dns-problem.ts'
import type { DnsRecord } from './dns-record.ts'
import { type DnsSource, type OnAnswer, tryDnsSource } from './dns-source.ts'
import { NameTable } from './name-table.ts'

const NAMES_MAX = 16_384
/** Answers that wait for the end of a tick, when it is known who was asked. */
const PENDING_MAX = 8192

/** Answers that are as they should be, and say nothing that is asked for here. */
const NOTHING_OF_ADDRESSES: ReadonlySet<DnsProblem> = new Set(['question', 'no-address', 'refused'])

interface Pending {
  readonly netns: number
  readonly server: Uint8Array
  readonly answer: DnsAnswer
  readonly ns: number
}

export interface NameObserverOptions {
  readonly clock: HostClock
  /** Told by somebody else, up to the call of `tick`. */
  readonly servers: AskedServers
  /** Most names at once. Default 16,384. */
  readonly names?: number
  /** Default: the kernel's programs. */
  readonly openSource?: (onAnswer: OnAnswer) => DnsSource | string
}

/** Names of addresses, from the answers of name servers that processes of this host asked. */
export class NameObserver implements Disposable {
  readonly #clock: HostClock
  readonly #source: DnsSource | undefined
  readonly #refused: string | undefined
  readonly #servers: AskedServers
  readonly #names: NameTable
  readonly #drops = new Map<string, number>()
  #pending: Pending[] = []
  #seen = 0
  #kept = 0

  constructor(options: NameObserverOptions) {
    this.#clock = options.clock
    this.#servers = options.servers
    this.#names = new NameTable(options.names ?? NAMES_MAX)
    const open = options.openSource ?? tryDnsSource
    const source = open((netns, record) => this.#answer(netns, record))
    if (typeof source === 'string') this.#refused = source
    else this.#source = source
  }

  follow(namespaces: readonly NetworkNamespace[]): void {
    this.#source?.follow(namespaces, this.#clock.monotonicNs())
  }

  /** After the records of sockets. */
  poll(): void {
    this.#source?.ask(this.#servers.take(), this.#clock.monotonicNs())
    this.#source?.poll()
  }

  /** Once a second, after the records of all sockets: names that are to be told. */
  tick(): HostName[] {
    this.poll()
    this.#source?.release(this.#clock.monotonicNs())
    const epochNs = this.#clock.epochNs() - this.#clock.monotonicNs()
    for (const { netns, server, answer, ns } of this.#pending)
      if (this.#servers.has(netns, server)) {
        this.#names.add(netns, answer, epochNs + ns)
        this.#kept++
      } else this.#drop('not asked')
    this.#pending = []
    return this.#names.takeNews()
  }

  tellAgain(): void {
    this.#names.tellAgain()
  }

  /** The programs in the kernel. */
  programs(): readonly ProgramReport[] {
    return this.#source?.programs() ?? []
  }

  drops(): readonly DropCount[] {
    return [
      ...(this.#source?.drops() ?? []),
      ...[...this.#drops].map(([reason, count]): DropCount => ({ stage: 'tracer.names', reason, count })),
      { stage: 'tracer.names', reason: 'name-limit', count: this.#names.evictedCount },
      { stage: 'tracer.names', reason: 'name-limit, not told', count: this.#names.untoldCount },
    ]
  }

  stages(): readonly StageCount[] {
    return [...(this.#source?.stages() ?? []), { stage: 'tracer.names', seen: this.#seen, kept: this.#kept }]
  }

  blindSpots(): readonly string[] {
    if (this.#refused !== undefined) return [`addresses have no names: ${this.#refused}`]
    return this.#source?.blindSpots() ?? []
  }

  [Symbol.dispose](): void {
    this.#source?.[Symbol.dispose]()
  }

  #answer(netns: number, { ns, server, message }: DnsRecord): void {
    const answer = readDnsMessage(message)
    if (typeof answer === 'string' && NOTHING_OF_ADDRESSES.has(answer)) return
    this.#seen++
    if (typeof answer === 'string') this.#drop(answer)
    else if (this.#pending.length === PENDING_MAX) this.#drop('answer-limit')
    else this.#pending.push({ netns, server, answer, ns })
  }

  #drop(reason: string): void {
    this.#drops.set(reason, (this.#drops.get(reason) ?? 0) + 1)
  }
}
