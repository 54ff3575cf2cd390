import type { RequestBatch, RequestInstruction, RequestReport } from '@quadrant/proto'
import type { DropCount, StageCount } from '../kernel/loss.ts'
import type { ProgramReport } from '../kernel/programs.ts'
import type { EndpointList } from '../model/endpoint-list.ts'

/** The requests of this host's processes, as their packets show them. */
export interface RequestObserver extends Disposable {
  /** Takes over the requests that were captured. */
  poll(): void
  /** Once a second, when the edges of the window are told: reads what was counted. */
  tick(options?: {
    /** Hold nothing back: there will be no other tick. */
    readonly final?: boolean
  }): void
  /** What was read, by ends of the batch that it is told with; undefined where that is nothing. */
  take(ends: EndpointList): RequestBatch | undefined
  /**
   * Undefined: requests are observed, and none is captured. Rules hold within some 10 ms; where nothing was observed
   * before, that begins with the second tick from now.
   */
  configure(instruction: RequestInstruction | undefined): void
  /** Undefined where requests are not observed. */
  report(): RequestReport | undefined
  /** The programs in the kernel. */
  programs(): readonly ProgramReport[]
  /** What was lost, by stage and reason; cumulative. */
  drops(): readonly DropCount[]
  /** What there was and what came; cumulative. */
  stages(): readonly StageCount[]
  /** What is not seen, in words. */
  blindSpots(): readonly string[]
}
