import type { CallProbe, LengthsOptions } from './lengths.ts'
import type { DropCount, StageCount } from './loss.ts'
import type { BufferKind } from './objects.ts'
import type { NetNamespace } from './pass-plan.ts'
import type { ProgramFailure, ProgramReport } from './programs.ts'

export interface KernelSourceOptions {
  /** Namespaces to back-fill before the source is returned. */
  readonly namespaces: readonly NetNamespace[]
  /** Bytes of the ring buffer, a power of two. Default 4 MiB: 29,000 records. */
  readonly ringBytes?: number
  /** UDP edges in the kernel at a time. Default 16,384; about 300 bytes each. */
  readonly udpPeersMax?: number
  /** TCP sockets of which a beginning waits in the kernel, a power of two; others have more records, all of them with 0. Default 8,192. */
  readonly transitPlaces?: number
  /** Namespaces walked in one tick before open files stand in. Default 4. */
  readonly passesMax?: number
  /** Ticks from one complete pass over a namespace to the next; those between tell TCP sockets with news. Default 10. */
  readonly completeTicks?: number
  /** Sockets in TIME_WAIT from which on a namespace is walked more seldom. Default 10,000. */
  readonly crowd?: number
  /** Default: ring buffers where the kernel has them. */
  readonly buffer?: BufferKind
  /** Mount point of the cgroup v2 hierarchy. Default: what /proc/self/mountinfo tells. */
  readonly cgroupRoot?: string
  /** Default: functions, and tracepoints where the host refuses those. */
  readonly callProbe?: CallProbe
  /** Default: `process.hrtime.bigint`. */
  readonly monotonicNs?: () => bigint
}

export interface SampleReport {
  /** Passes over namespaces, and whether open files stood in for the others. */
  readonly passCount: number
  readonly waitingCount: number
  readonly owners: boolean
  /** Socket records of the passes and of UDP edges. */
  readonly rowCount: number
  readonly durationMs: number
}

export interface MapReport {
  readonly name: string
  readonly type: string
  /** Known for the table of UDP edges only, else 0. */
  readonly entries: number
  readonly maxEntries: number
}

export interface KernelReport {
  readonly programs: readonly ProgramReport[]
  readonly maps: readonly MapReport[]
  /** What could not be loaded; the rest works without it. */
  readonly failures: readonly ProgramFailure[]
}

/** Sockets and processes of the machine, told by our programs in its kernel. */
export interface KernelSource extends Disposable {
  readonly buffer: BufferKind
  /**
   * Delivers the events that are waiting, without blocking; gives how many. To be called every 20 to 100 ms.
   *
   * @param recordsMax stop after so many; perf buffers deliver all. Default: all
   */
  poll(recordsMax?: number): number
  /** Tells the counters of live sockets and UDP edges: complete passes in turn, as far as the budget goes. */
  sample(namespaces: readonly NetNamespace[]): SampleReport
  /** Tells who has which socket open, in all namespaces. */
  owners(): number
  /** Turns byte counting for UDP and message records on or off while running. @throws {EbpfError} */
  configure(options: LengthsOptions): void
  /** One message target more, while messages are told. What finds no room is counted. @throws {EbpfError} */
  addMessageTarget(pid: number): void
  /** One message target less, unless it has executed something after `untilNs` (CLOCK_MONOTONIC). @throws {EbpfError} */
  refuseMessageTarget(pid: number, untilNs: number): void
  /** Cumulative losses in the kernel. */
  drops(): readonly DropCount[]
  /** Cumulative: records that programs had for us, and those that came. */
  stages(): readonly StageCount[]
  report(): KernelReport
}
