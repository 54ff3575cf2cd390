import { channel } from 'node:diagnostics_channel'
import { availableParallelism } from 'node:os'
import { threadCpuNs } from '@quadrant/ebpf'
import type { AgentReport, Batch, Instruction } from '@quadrant/proto'
import { dockerNames } from '../discover/container-name.ts'
import { systemClock, type HostClock } from '../discover/host-clock.ts'
import { listNetworkNamespaces, type NetworkNamespace } from '../discover/namespaces.ts'
import { readText } from '../discover/proc-files.ts'
import { ProcessTable, PROCESSES_MAX } from '../discover/process-table.ts'
import { openRequestObserver } from '../l7/open-request-observer.ts'
import type { RequestObserver } from '../l7/request-observer.ts'
import { AskedServers } from '../dns/asked-servers.ts'
import { NameObserver } from '../dns/name-observer.ts'
import type { RecordSink } from '../kernel/record-sink.ts'
import { WaitingBaselines } from '../model/baseline.ts'
import {
  CheckpointError,
  readCheckpoints,
  type CheckpointState,
  type OpenCounts,
} from '../model/checkpoint.ts'
import { FLOW_CAP } from '../model/flow-rows.ts'
import { NetworkModel } from '../model/network-model.ts'
import { socketEnds } from '../model/socket-ends.ts'
import { EPHEMERAL_PORTS, type PortRange } from '../model/port-range.ts'
import { openProfiler } from '../profile/profiler.ts'
import { openGcSource } from '../runtime/gc/bpf-gc-source.ts'
import { gcPlaces } from '../runtime/gc/gc-places.ts'
import { openRuntimeObserver } from '../runtime/open-runtime-observer.ts'
import type { RuntimeObserver } from '../runtime/runtime-observer.ts'
import type { HostTracer, HostTracerOptions } from './host-tracer.ts'
import { openKernelTracerSource } from './kernel-tracer-source.ts'
import { LossTally } from './loss-tally.ts'
import { MessageTargets } from './message-targets.ts'
import { openedSince, readOpens } from './open-counts.ts'
import { openProcTracerSource } from './proc-tracer-source.ts'
import type { TracerSource } from './tracer-source.ts'

/** Connections that are over are told and forgotten after so many records, while they are in the processor's cache. */
const SETTLED_RECORDS = 256
/** More than a ring holds: those that are written meanwhile wait for the next poll. */
const POLLED_RECORDS = 65_536
/** Name servers that are remembered as asked. */
const NAME_SERVERS_MAX = 4096
/** Namespaces are listed again after so many ticks; message targets by names that changed looked up again too. */
const SLOW_TICKS = 5
/** Sockets of the checkpoint have been met by this tick, or are gone. */
const AWAY_TICKS = 2

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
  readonly checkpointRefused: boolean
  readonly #options: HostTracerOptions
  readonly #clock: HostClock
  readonly #procRoot: string
  readonly #processes: ProcessTable
  readonly #messages: MessageTargets
  readonly #model: NetworkModel
  readonly #losses: LossTally
  readonly #source: TracerSource
  readonly #runtime: RuntimeObserver
  readonly #requests: RequestObserver
  /** Told from the first record on, while the source opens. */
  readonly #servers = new AskedServers(NAME_SERVERS_MAX)
  /** Undefined without the kernel's programs. */
  readonly #names: NameObserver | undefined
  readonly #spots: string[] = []
  #namespaces: readonly NetworkNamespace[] = []
  #opens: ReadonlyMap<number, OpenCounts> = new Map()
  #instruction: Instruction | undefined
  #ticks = 0
  #windowEpochNs: number
  #passCpuUs = 0

  constructor(options: HostTracerOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#procRoot = options.procRoot ?? '/proc'
    const { limits = {} } = options
    const restored = this.#restore()
    this.checkpointRefused = this.#spots.length > 0
    this.#processes = new ProcessTable({
      clock: this.#clock,
      procRoot: this.#procRoot,
      processes: limits.processes ?? PROCESSES_MAX,
      rules: options.rules,
      containerName: dockerNames(options.dockerContainers ?? '/var/lib/docker/containers'),
    })
    this.#messages = new MessageTargets(this.#processes)
    this.#windowEpochNs = this.#clock.epochNs()
    this.#model = new NetworkModel(this.#processes, {
      bootId: options.bootId,
      baselines: new WaitingBaselines(restored?.sockets),
      startNs: this.#clock.monotonicNs(),
      connections: limits.connections,
      edges: limits.edges,
      addresses: limits.addresses,
      flows: limits.flowsPerSecond,
      ephemeralPorts: readPortRange(this.#procRoot),
    })
    if (this.checkpointRefused) this.#model.tally.drop('tracer.checkpoint', 'corrupt', 1)
    this.#losses = new LossTally(this.#model.tally)
    this.#processes.scan()
    this.#findNamespaces()
    this.#source = this.#open()
    if (this.#source.kind === 'ebpf') {
      this.#names = new NameObserver({ clock: this.#clock, servers: this.#servers })
      this.#names.follow(this.#namespaces)
    }
    this.#runtime = this.#openRuntime()
    this.#requests = this.#openRequests()
    this.poll()
    this.#opens = this.#readOpens()
    if (restored) this.#countOpenedAway(restored)
  }

  get source(): 'ebpf' | 'proc' {
    return this.#source.kind
  }

  get blindSpots(): readonly string[] {
    const unmatched = this.#messages.unmatched.map((target) => `messages: no process matches ${target} yet`)
    return [
      ...this.#spots,
      ...this.#source.blindSpots(),
      ...this.#nameSpots(),
      ...this.#runtime.blindSpots(),
      ...this.#requests.blindSpots(),
      ...unmatched,
    ]
  }

  poll(): void {
    const nowNs = this.#clock.monotonicNs()
    for (let left = POLLED_RECORDS; left > 0; left -= SETTLED_RECORDS) {
      const count = this.#source.poll(SETTLED_RECORDS)
      this.#model.settle(nowNs)
      if (count < SETTLED_RECORDS) break
    }
    this.#model.endPoll()
    this.#settleMessages()
    this.#names?.poll()
    this.#runtime.poll()
    this.#requests.poll()
  }

  tick(options: { readonly final?: boolean } = {}): { batch: Batch; checkpoint: Uint8Array } {
    this.#ticks++
    if (this.#ticks % SLOW_TICKS === 0) this.#findNamespaces()
    // Where records tell who begins and ends, this finds those whose record was lost.
    if (this.#source.kind === 'proc' || this.#ticks % SLOW_TICKS === 0) this.#processes.look()
    this.poll()
    const before = threadCpuNs()
    const ownersTold = this.#source.sample(this.#namespaces)
    if (!ownersTold && this.#model.teller.wantsOwners()) this.#source.owners()
    this.#passCpuUs = Math.round((threadCpuNs() - before) / 1000)
    this.#source.poll()
    this.#settleMessages()

    if (this.#ticks === AWAY_TICKS) this.#model.tellLost()
    // At once: rows are told by the window's beginning, and telling takes its time.
    const [endNs, endEpochNs] = [this.#clock.monotonicNs(), this.#clock.epochNs()]
    this.#model.tell(endNs, options.final)
    this.#losses.countConnections(this.#model.table.counts)
    this.#losses.countProcesses(this.#processes.limitCount)
    this.#losses.countSource(this.#source)
    // Before the batch: whom it speaks of is told with it.
    const runtime = this.#runtime.tick()
    this.#losses.countSource(this.#runtime)
    this.#requests.tick(options)
    this.#losses.countSource(this.#requests)
    const hostNames = this.#names?.tick() ?? []
    if (this.#names) this.#losses.countSource(this.#names)
    const batch: Batch = {
      ...this.#model.takeBatch(this.#windowEpochNs, endEpochNs, (ends) => this.#requests.take(ends)),
      runtime,
      hostNames,
    }
    this.#windowEpochNs = endEpochNs
    if (this.#ticks % SLOW_TICKS === 0) {
      this.#processes.sweep(this.#model.pinnedProcesses())
      this.#messages.renew()
      this.#settleMessages()
    }
    this.#opens = this.#readOpens()
    return { batch, checkpoint: this.#model.takeCheckpoint(this.#opens) }
  }

  checkpoint(): Uint8Array {
    return this.#model.checkpoint(this.#opens)
  }

  tellAllProcesses(): void {
    this.#processes.tellAgain()
    this.#names?.tellAgain()
    this.#runtime.tellAgain()
  }

  configure(instruction: Instruction): void {
    this.#instruction = instruction
    this.#processes.setRules([...(this.#options.rules ?? []), ...instruction.serviceRules])
    this.#model.rows.limit(instruction.flowCapPerSecond || (this.#options.limits?.flowsPerSecond ?? FLOW_CAP))
    this.#messages.replace(instruction.messageTargets)
    this.#configureSource(instruction)
    this.#runtime.configure(instruction)
    this.#requests.configure(instruction.requests)
  }

  report(): Partial<AgentReport> {
    return {
      source: this.source,
      ...this.#source.report(),
      connections: this.#model.sockets.count,
      connectionsLimit: this.#model.sockets.columns.capacity,
      namespaces: this.#namespaces.length,
      passCpuUs: this.#passCpuUs,
      instruction: this.#instruction,
      blindSpots: [...this.blindSpots],
      runtime: this.#runtime.report(),
      requests: this.#requests.report(),
    }
  }

  [Symbol.dispose](): void {
    this.#requests[Symbol.dispose]()
    this.#runtime[Symbol.dispose]()
    this.#names?.[Symbol.dispose]()
    this.#source[Symbol.dispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#requests[Symbol.dispose]()
    await this.#runtime[Symbol.asyncDispose]()
    this.#source[Symbol.dispose]()
  }

  #restore(): CheckpointState | undefined {
    if (!this.#options.restore?.length) return undefined
    try {
      return readCheckpoints(this.#options.restore, this.#options.bootId)
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error
      // Counting from now on loses what was moved meanwhile; guessing would count it twice.
      this.#spots.push(
        `the last agent's checkpoint was refused (${error.message}): what sockets moved since is not counted`,
      )
      diagnostics.publish({ host: this.#options.host, event: 'checkpoint-refused', message: error.message })
      return undefined
    }
  }

  #open(): TracerSource {
    const sink: RecordSink = {
      socket: (words, at) => {
        this.#servers.socket(words, at)
        if (!this.#messages.refuses(words, at)) this.#model.apply(words, at)
      },
      process: (words, at) => {
        this.#processes.apply(words, at)
        this.#messages.apply(words, at)
      },
    }
    const wanted = this.#options.source ?? 'auto'
    let reason: string | undefined
    if (wanted !== 'proc') {
      try {
        return openKernelTracerSource(sink, {
          clock: this.#clock,
          namespaces: this.#namespaces,
          otherPrograms: () => [
            ...this.#runtime.programs(),
            ...(this.#names?.programs() ?? []),
            ...this.#requests.programs(),
          ],
        })
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

  /** Without the kernel's programs there are no probes: they need the same rights. */
  #openRuntime(): RuntimeObserver {
    const clock = this.#clock
    const isKernel = this.#source.kind === 'ebpf'
    return openRuntimeObserver({
      host: this.#options.host,
      clock,
      procRoot: this.#procRoot,
      processes: this.#processes,
      hasRecords: isKernel,
      processors: availableParallelism(),
      openGcSource: isKernel
        ? (sink, searchOf) =>
            openGcSource({
              sink,
              clock,
              variablesOf: (target) => searchOf(target)?.variables ?? {},
              placesOf: (target) => searchOf(target)?.places ?? gcPlaces(target),
            })
        : undefined,
      openProfiler: isKernel ? () => openProfiler({ clock, procRoot: this.#procRoot }) : undefined,
    })
  }

  #openRequests(): RequestObserver {
    return openRequestObserver({
      clock: this.#clock,
      procRoot: this.#procRoot,
      processes: this.#processes,
      edges: this.#model.edges,
      go: this.#runtime,
      socketOf: (cookie) => socketEnds(this.#model.sockets, cookie),
      ...(this.#source.kind === 'proc' && { problem: "that needs the kernel's programs" }),
    })
  }

  #findNamespaces(): void {
    this.#namespaces = listNetworkNamespaces(this.#procRoot, this.#options.namedNamespaces ?? '/run/netns')
    this.#model.sockets.namespaces.retain(new Set(this.#namespaces.map(({ inode }) => inode)))
    this.#names?.follow(this.#namespaces)
  }

  #nameSpots(): readonly string[] {
    return (
      this.#names?.blindSpots() ?? [
        "names of addresses are not known: answers of name servers are seen by the kernel's programs only",
      ]
    )
  }

  #readOpens(): Map<number, OpenCounts> {
    return readOpens(this.#procRoot, this.#namespaces, this.#model.teller.heldOpens)
  }

  /** Connections that came and went while no agent ran: the kernel counted them, nobody saw them. */
  #countOpenedAway(restored: CheckpointState): void {
    const { openedAway, opened } = this.#model.table.counts
    const missed = openedSince(restored.opens, this.#opens) - openedAway - opened
    this.#model.tally.drop('tracer.away', 'opened-while-away', missed)
  }

  #settleMessages(): void {
    this.#attempt(() => this.#messages.settle(this.#source))
  }

  #configureSource(instruction: Instruction): void {
    const messagePids = this.#messages.pids
    this.#attempt(() =>
      this.#source.configure({
        udpBytes: instruction.udpBytes,
        messagePids,
        newMessagePids: this.#messages.isOn,
      }),
    )
  }

  #attempt(configure: () => void): void {
    try {
      configure()
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
