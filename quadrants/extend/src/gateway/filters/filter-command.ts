import type { SharedHandle } from '@quadrant/wasm/proxy-wasm'
import type { FilterReport, FilterToRun } from '../../filters/filter-engine.ts'
import type { MetricSample } from '../../filters/plugin/filter-metrics.ts'

/** What belongs to a configuration besides: filters whose modules are files, and memory that all threads share. */
export interface FilterAttachment {
  /** For this thread; undefined where it has it already. */
  readonly shared: SharedHandle | undefined
  readonly filters: readonly FilterToRun[]
  /** Names of those that were switched off before this thread began. */
  readonly off: readonly string[]
}

/** What the coordinator asks of the filters of each thread. */
export type FilterCommand =
  /** Make one ready beside the one that serves. @see FilterAnswer */
  | { readonly kind: 'prepare'; readonly ticket: number; readonly filter: FilterToRun }
  /** Have what was prepared serve, and what served end with its streams. */
  | { readonly kind: 'swap'; readonly ticket: number }
  /** What was prepared does not come to serve. */
  | { readonly kind: 'discard'; readonly ticket: number }
  | { readonly kind: 'switch'; readonly name: string; readonly isOn: boolean }
  | { readonly kind: 'report' }

export type FilterAnswer =
  | { readonly kind: 'done' }
  /** Why it did not start, or is no filter. */
  | { readonly kind: 'refused'; readonly failure: string; readonly message: string }
  | { readonly kind: 'report'; readonly report: ThreadReport }

/** What one thread tells of its filters. */
export interface ThreadReport {
  readonly filters: readonly FilterReport[]
  readonly metrics: readonly MetricSample[]
  /** Filters that were replaced and still have streams. */
  readonly drainingCount: number
}
