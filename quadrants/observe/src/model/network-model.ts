import type { Batch } from '@quadrant/proto'
import type { WaitingBaselines } from './baseline.ts'
import { takeBatch, type ProcessTeller, type RequestTeller } from './batch.ts'
import { CheckpointWriter, type OpenCounts } from './checkpoint.ts'
import { ConnectionTable } from './connection-table.ts'
import { EdgeTable } from './edge-table.ts'
import { FlowRows } from './flow-rows.ts'
import type { ProcessIds } from './process-ids.ts'
import type { PortRange } from './port-range.ts'
import { ShortConnections } from './short-connections.ts'
import { SocketFlag } from './socket-columns.ts'
import type { SocketTable } from './socket-table.ts'
import { Tally } from './tally.ts'
import { Teller } from './teller.ts'

export interface NetworkModelOptions {
  readonly bootId: string
  /** Sockets of a checkpoint. */
  readonly baselines: WaitingBaselines
  /** Begin of the first window: ns, CLOCK_MONOTONIC. */
  readonly startNs: number
  /** Sockets and UDP peers at once. Default 131,072. */
  readonly connections?: number
  /** Edges at once. Default 4,096. */
  readonly edges?: number
  /** Addresses at once that are ends of edges. Default 16,384. */
  readonly addresses?: number
  /** Rows of single sockets' events in a window. Default 5,000. */
  readonly flows?: number
  /** Default: the kernel's. */
  readonly ephemeralPorts?: PortRange
}

/** What is known of the host's network: records go in, a batch comes out for each window. */
export class NetworkModel {
  readonly table: ConnectionTable
  readonly edges: EdgeTable
  readonly rows: FlowRows
  readonly tally = new Tally()
  readonly teller: Teller
  readonly #checkpoint: CheckpointWriter
  readonly #baselines: WaitingBaselines
  readonly #processes: ProcessIds & ProcessTeller
  readonly #short: ShortConnections
  #startNs: number

  constructor(processes: ProcessIds & ProcessTeller, options: NetworkModelOptions) {
    this.#processes = processes
    this.#baselines = options.baselines
    this.#startNs = options.startNs
    this.table = new ConnectionTable(processes, {
      connections: options.connections,
      messages: options.flows,
      baselines: options.baselines,
      ephemeralPorts: options.ephemeralPorts,
    })
    this.edges = new EdgeTable({ edges: options.edges ?? 4_096, addresses: options.addresses ?? 16_384 })
    this.rows = new FlowRows(options.flows)
    this.#checkpoint = new CheckpointWriter(options.bootId)
    this.#short = new ShortConnections(this.table, { edges: this.edges, rows: this.rows, processes })
    this.teller = new Teller(
      {
        sockets: this.sockets,
        messages: this.table.messages,
        edges: this.edges,
        rows: this.rows,
        checkpoint: this.#checkpoint,
        tally: this.tally,
        processes,
      },
      { ephemeralPorts: options.ephemeralPorts },
    )
  }

  /** Every socket, as the table's records left it. */
  get sockets(): SocketTable {
    return this.table.sockets
  }

  /** Applies one socket record that lies at word `at`. */
  apply(words: Uint32Array, at: number): void {
    if (!this.#short.take(words, at, this.#startNs)) this.table.apply(words, at)
  }

  /** Between two windows: tells connections that are over. */
  settle(nowNs: number): void {
    this.teller.settle(this.#startNs, nowNs)
  }

  /** After a poll: those that wait for their other end wait no longer than until the next. */
  endPoll(): void {
    this.#short.release(false)
  }

  /** Ends the window: tells what became of each socket. `final` holds nothing back. */
  tell(endNs: number, final?: boolean): void {
    this.#short.release(true)
    const shortCount = this.#short.takeToldCount()
    this.tally.stage('tracer.edges', shortCount, shortCount)
    this.teller.tell({ startNs: this.#startNs, endNs, final })
    this.#startNs = endNs
  }

  /** Tells the sockets of the checkpoint that were not met again: they closed while no agent ran. */
  tellLost(): void {
    this.teller.tellLost(this.#baselines.takeRest(), this.#startNs)
  }

  /** Everything that was told, by the clock of people, and what `takeRequests` has to tell of the same edges. */
  takeBatch(startEpochNs: number, endEpochNs: number, takeRequests?: RequestTeller): Batch {
    return takeBatch(
      { edges: this.edges, rows: this.rows, processes: this.#processes, tally: this.tally },
      startEpochNs,
      endEpochNs,
      takeRequests,
    )
  }

  /** The counters that were told since the last call. */
  takeCheckpoint(opens: ReadonlyMap<number, OpenCounts>): Uint8Array {
    return this.#checkpoint.takeDelta(opens)
  }

  /** All counters that were told, of the sockets that live now. */
  checkpoint(opens: ReadonlyMap<number, OpenCounts>): Uint8Array {
    return this.#checkpoint.whole(
      this.sockets.columns,
      this.sockets.highWater,
      opens,
      this.#baselines.waiting,
    )
  }

  /** Processes that sockets and edges name. */
  pinnedProcesses(): Set<number> {
    const { flags, process: holders, peerProcess } = this.sockets.columns
    const pinned = new Set<number>()
    for (let slot = 0; slot < this.sockets.highWater; slot++) {
      if ((flags[slot]! & SocketFlag.used) === 0) continue
      pinned.add(holders[slot]!)
      pinned.add(peerProcess[slot]!)
    }
    for (let edge = 0; edge < this.edges.highWater; edge++) {
      if (!this.edges.isUsed(edge)) continue
      pinned.add(this.edges.client[edge]!)
      pinned.add(this.edges.server[edge]!)
    }
    return pinned
  }
}
