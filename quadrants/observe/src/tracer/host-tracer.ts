import { channel } from 'node:diagnostics_channel'
import type { AgentReport, Batch, Instruction, ServiceRule } from '@quadrant/proto'
import { dockerNames } from '../discover/container-name.ts'
import { systemClock, type HostClock } from '../discover/host-clock.ts'
import { listNetworkNamespaces, type NetworkNamespace } from '../discover/namespaces.ts'
import { readText } from '../discover/proc-files.ts'
import { ProcessTable, PROCESSES_MAX } from '../discover/process-table.ts'
import type { RecordSink } from '../kernel/record-sink.ts'
import { WaitingBaselines } from '../model/baseline.ts'
import { takeBatch } from '../model/batch.ts'
import {
  CheckpointError,
  CheckpointWriter,
  readCheckpoints,
  type CheckpointState,
  type OpenCounts,
} from '../model/checkpoint.ts'
import { CONNECTIONS_MAX, ConnectionTable, type ConnectionCounts } from '../model/connection-table.ts'
import { EdgeTable } from '../model/edge-table.ts'
import { FLOW_CAP, FlowRows } from '../model/flow-rows.ts'
import { EPHEMERAL_PORTS, type PortRange } from '../model/roles.ts'
import { SocketFlag } from '../model/socket-columns.ts'
import { Tally } from '../model/tally.ts'
import { Teller } from '../model/teller.ts'
import { parseOpenCounts } from '../proc/open-counts.ts'
import { openKernelTracerSource } from './kernel-tracer-source.ts'
import { openProcTracerSource } from './proc-tracer-source.ts'
import type { TracerSource } from './tracer-source.ts'

export interface TracerLimits {
  /** Sockets and UDP peers at once. Default 131,072. */
  readonly connections?: number
  /** Processes at once. Default 32,768. */
  readonly processes?: number
  /** Edges at once. Default 4,096. */
  readonly edges?: number
  /** Addresses at once that are ends of edges. Default 16,384. */
  readonly addresses?: number
  /** Rows of single sockets' events a second, and the most that an instruction may ask for. Default 5,000. */
  readonly flowsPerSecond?: number
}

export interface HostTracerOptions {
  /** Name of this host, for diagnostics. */
  readonly host: string
  /** Of the running kernel, as /proc/sys/kernel/random/boot_id tells it. */
  readonly bootId: string
  /** Default {@link systemClock}. */
  readonly clock?: HostClock
  readonly limits?: TracerLimits
  readonly rules?: readonly ServiceRule[]
  /** A whole checkpoint and the deltas after it, in order. */
  readonly restore?: readonly Uint8Array[]
  /** Default `auto`: `ebpf` where the kernel lets us, else `proc`. */
  readonly source?: 'auto' | 'ebpf' | 'proc'
  /** Where /proc is mounted. Default `/proc`. */
  readonly procRoot?: string
  /** Folder of named network namespaces. Default `/run/netns`. */
  readonly namedNamespaces?: string
  /** Folder of Docker's containers, for their names. Default `/var/lib/docker/containers`. */
  readonly dockerContainers?: string
}

/** Everything this host does on the network, a batch a second. */
export interface HostTracer extends Disposable {
  readonly source: 'ebpf' | 'proc'
  /** What this source cannot see here, in words. */
  readonly blindSpots: readonly string[]
  /** Takes over what the kernel has to tell; call it every 20 to 100 ms. */
  poll(): void
  /** Once a second: what happened since the last tick, and what was told by it. */
  tick(options?: {
    /** Hold nothing back: there will be no other tick. */
    readonly final?: boolean
  }): { batch: Batch; checkpoint: Uint8Array }
  /** All that was told of the sockets that live now, in place of the deltas so far. */
  checkpoint(): Uint8Array
  /** Repeats every living process in the next batch, for a server that does not know us. */
  tellAllProcesses(): void
  configure(instruction: Instruction): void
  report(): Partial<AgentReport>
}

/** Connections that are over are told and forgotten after so many records, while they are in the processor's cache. */
const SETTLED_RECORDS = 256
/** More than a ring holds: those that are written meanwhile wait for the next poll. */
const POLLED_RECORDS = 65_536
/** Namespaces are listed again after so many ticks; services of message targets looked up again too. */
const SLOW_TICKS = 5
/** Sockets of the checkpoint have been met by this tick, or are gone. */
const AWAY_TICKS = 2
/** Namespaces whose counts of opened connections are read each tick. */
const COUNTED_NAMESPACES = 16

const diagnostics = channel('quadrant:observe')

/**
 * Opens the tracer of this host. Sockets that are there already are known when it returns.
 *
 * @throws {EbpfError} where `source` is `ebpf` and the kernel does not let us; `auto` falls back to /proc instead.
 */
export function openHostTracer(options: HostTracerOptions): HostTracer {
  return new Tracer(options)
}

class Tracer implements HostTracer {
  readonly #options: HostTracerOptions
  readonly #clock: HostClock
  readonly #procRoot: string
  readonly #processes: ProcessTable
  readonly #table: ConnectionTable
  readonly #edges: EdgeTable
  readonly #rows: FlowRows
  readonly #tally = new Tally()
  readonly #checkpoint: CheckpointWriter
  readonly #waiting: WaitingBaselines
  readonly #teller: Teller
  readonly #source: TracerSource
  readonly #spots: string[] = []
  readonly #cumulative = new Map<string, number>()
  #namespaces: readonly NetworkNamespace[] = []
  #opens: ReadonlyMap<number, OpenCounts> = new Map()
  #instruction: Instruction | undefined
  #messagePids: readonly number[] = []
  #counted: ConnectionCounts = {
    seen: 0,
    connectionLimit: 0,
    messageLimit: 0,
    unknownKind: 0,
    openedAway: 0,
    opened: 0,
  }
  #processLimitCount = 0
  #ticks = 0
  #windowNs: number
  #windowEpochNs: number
  #passCpuUs = 0

  constructor(options: HostTracerOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#procRoot = options.procRoot ?? '/proc'
    const { limits = {} } = options
    this.#windowNs = this.#clock.monotonicNs()
    this.#windowEpochNs = this.#clock.epochNs()
    const restored = this.#restore()
    this.#waiting = new WaitingBaselines(restored?.sockets)
    this.#processes = new ProcessTable({
      clock: this.#clock,
      procRoot: this.#procRoot,
      processes: limits.processes ?? PROCESSES_MAX,
      rules: options.rules,
      containerName: dockerNames(options.dockerContainers ?? '/var/lib/docker/containers'),
    })
    this.#table = new ConnectionTable(this.#processes, {
      connections: limits.connections ?? CONNECTIONS_MAX,
      messages: limits.flowsPerSecond ?? FLOW_CAP,
      baselines: this.#waiting,
    })
    this.#edges = new EdgeTable({ edges: limits.edges ?? 4_096, addresses: limits.addresses ?? 16_384 })
    this.#rows = new FlowRows(limits.flowsPerSecond ?? FLOW_CAP)
    this.#checkpoint = new CheckpointWriter(options.bootId)
    this.#teller = new Teller(
      {
        table: this.#table,
        edges: this.#edges,
        rows: this.#rows,
        checkpoint: this.#checkpoint,
        tally: this.#tally,
        processes: this.#processes,
      },
      { ephemeralPorts: readPortRange(this.#procRoot) },
    )
    this.#processes.scan()
    this.#findNamespaces()
    this.#source = this.#open()
    this.poll()
    this.#opens = this.#readOpens()
    if (restored) this.#countOpenedAway(restored)
  }

  get source(): 'ebpf' | 'proc' {
    return this.#source.kind
  }

  get blindSpots(): readonly string[] {
    return [...this.#spots, ...this.#source.blindSpots()]
  }

  poll(): void {
    const nowNs = this.#clock.monotonicNs()
    for (let left = POLLED_RECORDS; left > 0; left -= SETTLED_RECORDS) {
      const count = this.#source.poll(SETTLED_RECORDS)
      this.#teller.settle(this.#windowNs, nowNs)
      if (count < SETTLED_RECORDS) return
    }
  }

  tick(options: { readonly final?: boolean } = {}): { batch: Batch; checkpoint: Uint8Array } {
    this.#ticks++
    if (this.#ticks % SLOW_TICKS === 0) this.#findNamespaces()
    this.poll()
    const before = process.threadCpuUsage()
    const ownersTold = this.#source.sample(this.#namespaces)
    if (!ownersTold && this.#teller.wantsOwners()) this.#source.owners()
    const used = process.threadCpuUsage(before)
    this.#passCpuUs = used.user + used.system
    this.#source.poll()

    const window = { startNs: this.#windowNs, endNs: this.#clock.monotonicNs(), final: options.final }
    this.#teller.tell(window)
    if (this.#ticks === AWAY_TICKS) this.#teller.tellLost(this.#waiting.takeRest())
    this.#countLosses()
    const endEpochNs = this.#clock.epochNs()
    const batch = takeBatch(
      { edges: this.#edges, rows: this.#rows, processes: this.#processes, tally: this.#tally },
      this.#windowEpochNs,
      endEpochNs,
    )
    this.#windowNs = window.endNs
    this.#windowEpochNs = endEpochNs
    if (this.#ticks % SLOW_TICKS === 0) {
      this.#processes.sweep(this.#pinnedProcesses())
      this.#retarget()
    }
    this.#opens = this.#readOpens()
    return { batch, checkpoint: this.#checkpoint.takeDelta(this.#opens) }
  }

  checkpoint(): Uint8Array {
    return this.#checkpoint.whole(
      this.#table.columns,
      this.#table.highWater,
      this.#opens,
      this.#waiting.waiting,
    )
  }

  tellAllProcesses(): void {
    this.#processes.tellAgain()
  }

  configure(instruction: Instruction): void {
    this.#instruction = instruction
    this.#processes.setRules([...(this.#options.rules ?? []), ...instruction.serviceRules])
    this.#rows.limit(instruction.flowCapPerSecond || (this.#options.limits?.flowsPerSecond ?? FLOW_CAP))
    this.#messagePids = this.#processes.pidsOf(instruction.messageTargets)
    this.#configureSource(instruction)
  }

  report(): Partial<AgentReport> {
    return {
      source: this.source,
      ...this.#source.report(),
      connections: this.#table.count,
      connectionsLimit: this.#table.columns.capacity,
      namespaces: this.#namespaces.length,
      passCpuUs: this.#passCpuUs,
      instruction: this.#instruction,
      blindSpots: [...this.blindSpots],
    }
  }

  [Symbol.dispose](): void {
    this.#source[Symbol.dispose]()
  }

  #restore(): CheckpointState | undefined {
    if (!this.#options.restore?.length) return undefined
    try {
      return readCheckpoints(this.#options.restore, this.#options.bootId)
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error
      // Counting from now on loses what was moved meanwhile; guessing would count it twice.
      this.#tally.drop('tracer.checkpoint', 'corrupt', 1)
      this.#spots.push(
        `the last agent's checkpoint was refused (${error.message}): what sockets moved since is not counted`,
      )
      diagnostics.publish({ host: this.#options.host, event: 'checkpoint-refused', message: error.message })
      return undefined
    }
  }

  #open(): TracerSource {
    const sink: RecordSink = {
      socket: (words, at) => this.#table.apply(words, at),
      process: (words, at) => this.#processes.apply(words, at),
    }
    const wanted = this.#options.source ?? 'auto'
    let reason: string | undefined
    if (wanted !== 'proc') {
      try {
        return openKernelTracerSource(sink, { clock: this.#clock, namespaces: this.#namespaces })
      } catch (error) {
        if (wanted === 'ebpf' || !(error instanceof Error)) throw error
        reason = error.message
        diagnostics.publish({ host: this.#options.host, event: 'source-fallback', message: reason })
      }
    }
    const source = openProcTracerSource(sink, { clock: this.#clock, procRoot: this.#procRoot, reason })
    source.sample(this.#namespaces)
    source.owners()
    return source
  }

  #findNamespaces(): void {
    this.#namespaces = listNetworkNamespaces(this.#procRoot, this.#options.namedNamespaces ?? '/run/netns')
    this.#table.namespaces.retain(new Set(this.#namespaces.map(({ inode }) => inode)))
  }

  /** The kernel's counts of opened connections, less those that no edge was told of yet. */
  #readOpens(): Map<number, OpenCounts> {
    const opens = new Map<number, OpenCounts>()
    for (const { inode, pid } of this.#namespaces) {
      if (pid === 0) continue
      const counts = parseOpenCounts(readText(`${this.#procRoot}/${pid}/net/snmp`))
      if (counts)
        opens.set(inode, { ...counts, active: counts.active - (this.#teller.heldOpens.get(inode) ?? 0) })
      if (opens.size === COUNTED_NAMESPACES) break
    }
    return opens
  }

  /** Connections that came and went while no agent ran: the kernel counted them, nobody saw them. */
  #countOpenedAway(restored: CheckpointState): void {
    let opened = 0
    for (const [netns, { active, passive }] of restored.opens) {
      const now = this.#opens.get(netns)
      if (now) opened += now.active + now.passive - active - passive
    }
    const { openedAway, opened: seen } = this.#table.counts
    this.#tally.drop('tracer.away', 'opened-while-away', opened - openedAway - seen)
  }

  #countLosses(): void {
    const { counts } = this.#table
    const last = this.#counted
    const lost = counts.connectionLimit - last.connectionLimit
    const unknown = counts.unknownKind - last.unknownKind
    const messages = counts.messageLimit - last.messageLimit
    const seen = counts.seen - last.seen
    this.#tally.stage('tracer.connections', seen, seen - lost - unknown - messages)
    this.#tally.drop('tracer.connections', 'connection-limit', lost)
    this.#tally.drop('tracer.connections', 'unknown-kind', unknown)
    this.#tally.drop('tracer.connections', 'message-limit', messages)
    this.#counted = { ...counts }
    this.#tally.drop(
      'tracer.processes',
      'process-limit',
      this.#processes.limitCount - this.#processLimitCount,
    )
    this.#processLimitCount = this.#processes.limitCount
    for (const { stage, reason, count } of this.#source.drops())
      this.#tally.drop(stage, reason, this.#increase(`${stage}/${reason}`, count))
    for (const { stage, seen: total, kept } of this.#source.stages())
      this.#tally.stage(stage, this.#increase(`${stage} seen`, total), this.#increase(`${stage} kept`, kept))
  }

  #increase(key: string, total: number): number {
    const before = this.#cumulative.get(key) ?? 0
    this.#cumulative.set(key, total)
    return total - before
  }

  #pinnedProcesses(): Set<number> {
    const { flags, process: holders, peerProcess } = this.#table.columns
    const pinned = new Set<number>()
    for (let slot = 0; slot < this.#table.highWater; slot++) {
      if ((flags[slot]! & SocketFlag.used) === 0) continue
      pinned.add(holders[slot]!)
      pinned.add(peerProcess[slot]!)
    }
    for (let edge = 0; edge < this.#edges.highWater; edge++) {
      if (!this.#edges.isUsed(edge)) continue
      pinned.add(this.#edges.client[edge]!)
      pinned.add(this.#edges.server[edge]!)
    }
    return pinned
  }

  /** Processes that began since may be targets of the message mode too. */
  #retarget(): void {
    const instruction = this.#instruction
    if (!instruction?.messageTargets.length) return
    const pids = this.#processes.pidsOf(instruction.messageTargets)
    if (pids.length === this.#messagePids.length && pids.every((pid, i) => pid === this.#messagePids[i]))
      return
    this.#messagePids = pids
    this.#configureSource(instruction)
  }

  #configureSource(instruction: Instruction): void {
    try {
      this.#source.configure({ udpBytes: instruction.udpBytes, messagePids: this.#messagePids })
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      const spot = `UDP bytes and messages cannot be counted: ${message}`
      if (!this.#spots.includes(spot)) this.#spots.push(spot)
      diagnostics.publish({ host: this.#options.host, event: 'configure-failed', message })
    }
  }
}

function readPortRange(procRoot: string): PortRange {
  const [first, last] = readText(`${procRoot}/sys/net/ipv4/ip_local_port_range`).split(/\s+/).map(Number)
  return first && last ? { first, last } : EPHEMERAL_PORTS
}
