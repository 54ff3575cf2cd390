import type { GcCycle, WorldStop } from '@quadrant/proto'
import type { ProgramReport } from '../kernel/programs.ts'
import type { GoTarget } from './go-target.ts'
import type { ProbeSource } from './process-probes.ts'

/** Who takes what the probes see. `process` within the messages is not set: whose they are is told beside them. */
export interface GcSink {
  cycle(target: GoTarget, cycle: GcCycle): void
  stop(target: GoTarget, stop: WorldStop): void
}

/** Probes in Go processes that tell of collections and stops of the world. */
/**
 * Disposed of asynchronously it lets all probes go at the same time: the kernel takes some 40 ms for each process, and waits
 * once for those that go together.
 */
export interface GcSource extends ProbeSource, Disposable, AsyncDisposable {
  /** Delivers what waits to the sink; returns how many records it took. Call it every 20 to 100 ms. */
  poll(): number
  /** Records that were lost before they came here, by reason; cumulative. */
  drops(): readonly { readonly stage: string; readonly reason: string; readonly count: number }[]
  /**
   * Way of the newest records from the kernel's clock to here, microseconds: without a thread of its own mostly the time
   * until the next poll.
   */
  latencyUs(): { readonly median: number; readonly p99: number }
  /** The programs in the kernel. */
  programs(): readonly ProgramReport[]
}
