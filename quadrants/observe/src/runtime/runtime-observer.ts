import type { Instruction, RuntimeBatch, RuntimeReport } from '@quadrant/proto'
import type { ProgramReport } from '../kernel/programs.ts'
import type { GoProbing } from './go-probing.ts'

/** What the language runtimes of this host's processes do, seen from outside. */
export interface RuntimeObserver extends GoProbing, Disposable, AsyncDisposable {
  /** Takes over what the probes saw and does a part of what is to be done, some 10 ms of it at most. */
  poll(): void
  /** Once a second: what is to be told; undefined where nothing is. */
  tick(): RuntimeBatch | undefined
  /** Repeats builds, and who runs which, for a server that does not know us. */
  tellAgain(): void
  configure(instruction: Instruction): void
  report(): RuntimeReport
  /** The programs in the kernel that probes and profiles run. */
  programs(): readonly ProgramReport[]
  /** What was lost, by stage and reason; cumulative. */
  drops(): readonly { readonly stage: string; readonly reason: string; readonly count: number }[]
  /** What there was and what came; cumulative. */
  stages(): readonly { readonly stage: string; readonly seen: number; readonly kept: number }[]
  /** What is not seen, in words. */
  blindSpots(): readonly string[]
}
