import type { AgentReport, Batch, Instruction, ServiceRule } from '@quadrant/proto'
import type { HostClock } from '../discover/host-clock.ts'

/** What a tracer holds at most; the rest is counted. */
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
  /** How services are named, before the rules of an instruction. Default: none. */
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
export interface HostTracer extends Disposable, AsyncDisposable {
  readonly source: 'ebpf' | 'proc'
  /** What this source cannot see here, in words. */
  readonly blindSpots: readonly string[]
  /** The checkpoint it was to go on from could not be read, and nothing may build on it. */
  readonly checkpointRefused: boolean
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
  /** Changes what is observed, from now on. */
  configure(instruction: Instruction): void
  /** How this tracer fares: its source, its tables, its own cost. */
  report(): Partial<AgentReport>
}
