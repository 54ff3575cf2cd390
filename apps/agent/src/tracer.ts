import type { AgentReport, Batch, Instruction } from '@quadrant/proto'

/** What the agent asks of a tracer; `openHostTracer` of the observe quadrant gives one. */
export interface Tracer extends Disposable {
  readonly source: 'ebpf' | 'proc'
  readonly blindSpots: readonly string[]
  /** Takes what the kernel has ready. */
  poll(): void
  /** What happened since the last tick, and the delta of what has been told by it. */
  tick(): { readonly batch: Batch; readonly checkpoint: Uint8Array }
  /** All that has been told, whole. */
  checkpoint(): Uint8Array
  /** Tells every living process again in the next tick. */
  tellAllProcesses(): void
  configure(instruction: Instruction): void
  report(): Partial<AgentReport>
}
