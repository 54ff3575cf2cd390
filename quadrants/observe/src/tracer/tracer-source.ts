import type { MapReport, ProgramReport, ProgramSample } from '@quadrant/proto'
import type { NetworkNamespace } from '../discover/namespaces.ts'

/** Where records come from: the kernel's programs, or /proc. */
export interface TracerSource extends Disposable {
  readonly kind: 'ebpf' | 'proc'
  /** Delivers what waits, about `recordsMax` of it where that is given; returns how many. */
  poll(recordsMax?: number): number
  /** Tells every live socket of the namespaces. Returns whether their owners were told with them. */
  sample(namespaces: readonly NetworkNamespace[]): boolean
  /** Tells who holds which socket. */
  owners(): void
  /** Turns the counting of UDP bytes, and messages of these processes, on or off. @throws {EbpfError} */
  configure(options: {
    readonly udpBytes: boolean
    readonly messagePids: readonly number[]
    /** Whoever executes something is told too, until {@link TracerSource.refuseMessageTarget} says otherwise. */
    readonly newMessagePids: boolean
  }): void
  addMessageTarget(pid: number): void
  /** Unless it has executed something after `untilNs` (CLOCK_MONOTONIC). */
  refuseMessageTarget(pid: number, untilNs: number): void
  /** What was lost before it came to the sink; cumulative. */
  drops(): readonly { readonly stage: string; readonly reason: string; readonly count: number }[]
  /** What there was and what came; cumulative. */
  stages(): readonly { readonly stage: string; readonly seen: number; readonly kept: number }[]
  /** The programs and maps in the kernel. */
  report(): { programs: ProgramReport[]; maps: MapReport[]; programSample?: ProgramSample | undefined }
  /** What is not seen, in words. */
  blindSpots(): readonly string[]
}
