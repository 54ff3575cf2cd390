import { channel } from 'node:diagnostics_channel'
import type { Program } from '@quadrant/ebpf'
import type { DropCount, StageCount } from '../../kernel/loss.ts'
import type { GoProbing, GoWatcher } from '../../runtime/go-probing.ts'
import type { GoProcess } from '../../runtime/go-process.ts'
import { PROBED_MAX, type ProbeKeeper } from '../../runtime/probe-keeper.ts'
import type { CapturedExchange } from '../captured-exchange.ts'
import { pollOften } from '../poll-often.ts'
import type { RequestSeries } from '../request-source.ts'
import { StreamFlag, type StreamRecord } from '../stream/stream-record.ts'
import { type CaptureStream, StreamRequests, type StreamRules } from '../stream/stream-requests.ts'
import { type GoTlsSource, openGoTlsSource } from './go-tls-source.ts'

/**
 * Of its CPU, what reading its TLS may cost a process. Two hits a request are some 11 % of a server that does nothing but
 * answer, and of one with something to do much less.
 */
const SHARE_MAX = 0.15
/** What is read waits here from one poll to the next: some 50,000 small requests, or bodies at full speed for a moment. */
const RING_BYTES = 32 << 20
/** As in precise mode. */
const POLL_MS = 10
/** Handshakes between two ticks that are told one by one; what is beyond counts as not read. */
const BEGUN_MAX = 65_536

/** What a process told is told so many ticks later at most. */
const READ_TICKS = 3

const diagnostics = channel('quadrant:observe')

/** A connection of TLS that is read from its handshake on, as its socket has it. */
export interface TlsBeginning {
  readonly cgroupId: number
  readonly side: 'client' | 'server'
  readonly serverPort: number
  /** The server that a client asked; empty at the server's side. */
  readonly serverAddress: string
}

export interface TlsRequestsOptions {
  readonly go: GoProbing
  readonly monotonicNs: () => number
  /** Whether somebody chose the service of a process. */
  readonly isChosen: (process: number) => boolean
  readonly peerPidOf: (cookie: number) => number | undefined
}

/** Requests within TLS of Go programs, read where these encrypt and decrypt. Nothing is loaded until there is one. */
export class TlsRequests implements CaptureStream, GoWatcher, Disposable {
  readonly #options: TlsRequestsOptions
  /** That have TLS which can be read. */
  readonly #able = new Set<GoProcess>()
  /** Of these, those whose probes are placed, or wait for it. */
  readonly #wanted = new Set<GoProcess>()
  readonly #requests: StreamRequests
  /** That have TLS which is not read, and why. */
  readonly #refused = new Map<GoProcess, string>()
  /** Ids of processes, and the tick in which each was read last. */
  readonly #readAt = new Map<number, number>()
  #tick = 0
  #polling: Disposable | undefined
  #begun: TlsBeginning[] = []
  #source: GoTlsSource | undefined
  #keeper: ProbeKeeper | undefined
  #isOn = false
  #problem: string | undefined

  constructor(options: TlsRequestsOptions) {
    this.#options = options
    this.#requests = new StreamRequests({ peerPidOf: options.peerPidOf, stage: 'tls' })
    options.go.watch(this)
  }

  /** Why TLS of some programs, or of any, is not read. */
  get problem(): string | undefined {
    if (!this.#isOn || this.#problem !== undefined) return this.#problem
    const refused = this.#refused.entries().find(([process]) => this.#isChosen(process))?.[1]
    const isOver = this.#keeper?.refused().some(({ reason }) => reason === 'limit')
    const reason =
      refused ?? this.#keeper?.problem ?? (isOver ? `more than ${PROBED_MAX} have to be probed` : undefined)
    return reason === undefined ? undefined : `TLS of some Go programs is not read: ${reason}`
  }

  get isReading(): boolean {
    return this.processCount > 0
  }

  /** Go processes whose TLS is read. */
  get processCount(): number {
    return this.#keeper?.probedCount ?? 0
  }

  get programs(): readonly Program[] {
    return this.#source?.programs ?? []
  }

  /** Whether the TLS of a process is read, or was a moment ago: what it told then may be told now. */
  reads(process: number): boolean {
    return this.#readAt.has(process)
  }

  found(process: GoProcess): void {
    const { tls, tlsRefusal = '' } = process.search ?? {}
    if (tlsRefusal !== '') this.#refused.set(process, tlsRefusal)
    if (tls === undefined) return
    this.#able.add(process)
    this.#consider(process)
  }

  left(process: GoProcess): void {
    this.#refused.delete(process)
    if (!this.#able.delete(process) || !this.#wanted.delete(process)) return
    // What its probes saw until now is still told; its sockets tell when they are closed.
    this.poll()
    this.#keeper?.remove(process)
  }

  configure({ isOn }: { readonly isOn: boolean }): void {
    this.#isOn = isOn
    this.#problem = undefined
    if (isOn) this.renew()
    else this.#close()
  }

  /** Asks anew which processes are chosen: services get their names in time. */
  renew(): void {
    if (!this.#isOn) return
    for (const process of this.#able) this.#consider(process)
  }

  poll(): void {
    this.#source?.poll()
  }

  setRules(rules: StreamRules): void {
    this.#requests.setRules(rules)
  }

  renewScopes(): void {
    this.#requests.renewScopes()
  }

  takeCaptures(onExchange: (exchange: CapturedExchange) => void): void {
    this.#requests.takeCaptures(onExchange)
  }

  get captureLossCount(): number {
    return this.#requests.captureLossCount
  }

  /** What came since the last read; once a tick. */
  read(): readonly RequestSeries[] {
    this.poll()
    this.#tick++
    for (const process of this.#wanted) {
      const { id } = process.program.process
      if (this.#keeper!.isProbed(process)) this.#readAt.set(id, this.#tick)
      // By its cost, or since no process is to be probed.
      else if (this.#readAt.get(id) === this.#tick - 1) this.#giveUp(process)
    }
    for (const [process, tick] of this.#readAt)
      if (this.#tick - tick > READ_TICKS) this.#readAt.delete(process)
    return this.#requests.read()
  }

  /** Connections whose handshake began since this was asked last. */
  takeBegun(): readonly TlsBeginning[] {
    const begun = this.#begun
    this.#begun = []
    return begun
  }

  drops(): readonly DropCount[] {
    return [...(this.#source?.drops() ?? []), ...this.#requests.drops()]
  }

  stages(): readonly StageCount[] {
    const stages = this.#requests.stages()
    return this.#source === undefined ? stages.filter(({ seen }) => seen > 0) : stages
  }

  [Symbol.dispose](): void {
    this.#close()
  }

  #consider(process: GoProcess): void {
    if (!this.#isOn || this.#problem !== undefined) return
    const isChosen = this.#isChosen(process)
    if (isChosen === this.#wanted.has(process)) return
    if (isChosen) this.#add(process)
    else this.#remove(process)
  }

  #isChosen({ program }: GoProcess): boolean {
    return this.#options.isChosen(program.process.id)
  }

  #add(process: GoProcess): void {
    if (this.#source === undefined) this.#open()
    if (this.#keeper === undefined) return
    this.#wanted.add(process)
    this.#keeper.add(process)
  }

  #remove(process: GoProcess): void {
    this.poll()
    this.#wanted.delete(process)
    this.#keeper?.remove(process)
    this.#giveUp(process)
  }

  /** What its connections carry from now on is not seen, and their end tells nothing of requests under way. */
  #giveUp({ target }: GoProcess): void {
    this.#requests.giveUp(({ pid }) => pid !== target.pid)
  }

  #open(): void {
    const { go, monotonicNs } = this.#options
    try {
      const source = openGoTlsSource({
        sink: (record) => this.#take(record),
        monotonicNs,
        placesOf: ({ key }) => this.#wanted.values().find(({ target }) => target.key === key)?.search?.tls,
        ringBytes: RING_BYTES,
        // The tracer of connections does.
        givesCookies: false,
      })
      this.#source = source
      this.#polling = pollOften(() => this.poll(), POLL_MS)
      this.#keeper = go.keepProbes({
        source,
        what: 'tls',
        shareMax: SHARE_MAX,
        onTooDear: (process) => {
          this.poll()
          this.#giveUp(process)
        },
        onUnsupported: (process, reason) => this.#refused.set(process, reason),
      })
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      this.#problem = `TLS of Go programs is not read: ${message}`
      diagnostics.publish({ event: 'requests-failed', message: this.#problem })
    }
  }

  #take(record: StreamRecord): void {
    const { flags, length } = record
    // A handshake: its first record, without bytes.
    if (length === 0 && (flags & StreamFlag.fromStart) !== 0 && this.#begun.length < BEGUN_MAX) {
      const side = (flags & StreamFlag.client) === 0 ? 'server' : 'client'
      this.#begun.push({
        cgroupId: record.cgroupId,
        side,
        serverPort: side === 'server' ? record.localPort : record.remotePort,
        serverAddress: side === 'server' ? '' : record.remoteAddress,
      })
    }
    this.#requests.take(record)
  }

  #close(): void {
    if (this.#source === undefined) return
    this.#polling?.[Symbol.dispose]()
    this.poll()
    this.#keeper?.[Symbol.dispose]()
    this.#source[Symbol.dispose]()
    this.#requests.giveUp(() => false)
    this.#source = this.#keeper = undefined
    this.#wanted.clear()
    this.#begun = []
  }
}
