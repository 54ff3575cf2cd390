import type {
  Build,
  Fact,
  Finding,
  GcCycle,
  GoFigures,
  ProbeCost,
  ProfileWindow,
  WorldStop,
} from '@quadrant/proto'
import type { FigureDetail } from './go-figures.ts'
import type { NsRange, ProcessRef } from './store.ts'

/** A collection or stop of the world as it was committed; its `process` is the store's id. */
export type StoredRuntimeEvent = { readonly process: ProcessRef } & (
  | { readonly case: 'gcCycle'; readonly value: GcCycle }
  | { readonly case: 'worldStop'; readonly value: WorldStop }
)

/** Whose rows, and of when. */
export interface RuntimeRows {
  /** Ids of processes; undefined: all. */
  readonly processes: readonly number[] | undefined
  readonly range: NsRange
}

/** The newest rows of a question, oldest first. */
export interface Newest<T> {
  readonly rows: readonly T[]
  /** Rows that matched and are older than these. */
  readonly omittedCount: number
}

export interface ProfileHead {
  /** Ascends with commit. */
  readonly id: number
  readonly startNs: number
  readonly endNs: number
  readonly frequencyHz: number
}

/** What one process has in one second of a window. */
export interface ProfileCount {
  /** Id of the process. */
  readonly process: number
  /** Of the middle of the second, microseconds after the window's start. */
  readonly offsetUs: number
  readonly samples: number
  readonly gcSamples: number
}

export interface StoredProfile {
  readonly window: ProfileWindow
  /** Ids of processes, by the window's `sampleProcess`. */
  readonly processes: readonly number[]
}

/**
 * What runtimes did, and what is known of builds and coordinates. In messages that it gives, `process` is the store's
 * id. All answers are as of the moment of the call and not of the answer.
 */
export interface RuntimeStore {
  /** Those that ended in the range, by their ends. */
  gcCycles(rows: RuntimeRows, limit: number): Promise<Newest<GcCycle>>
  worldStops(rows: RuntimeRows, limit: number): Promise<Newest<WorldStop>>
  /** Processes that have figures. */
  figureProcesses(): Promise<readonly number[]>
  /** By process, then time: every sample where the tier is 1, else the lowest and the highest heap of each span. */
  goFigures(processes: readonly number[], range: NsRange, detail: FigureDetail): Promise<readonly GoFigures[]>
  /** The newest figures of each process before a moment, where it has some. */
  newestFigures(processes: readonly number[], untilNs: number): Promise<readonly GoFigures[]>
  /** What observing cost, summed up to ten seconds or a minute each; oldest first. */
  probeCosts(rows: RuntimeRows, limit: number, nowSeconds: number): Promise<Newest<ProbeCost>>
  newestCosts(processes: readonly number[], untilNs: number): Promise<readonly ProbeCost[]>
  /** What each process runs, the latest of it: ids of processes to Build.id. */
  buildsOf(processes: readonly number[]): Promise<ReadonlyMap<number, string>>
  /** In the order of `ids`; those that were not told are left out. */
  builds(ids: readonly string[]): Promise<readonly Build[]>
  /** Newest first, with when they were told first and how often. */
  findings(subjects: readonly string[], limit: number): Promise<readonly Finding[]>
  /** With the coordinate as subject or object, that hold at a moment; subjects first. */
  facts(coordinate: string, atNs: number, limit: number): Promise<Newest<Fact>>
  /** Heads of windows that overlap the range, newest first, `limit` at most, of ids up to `idMax`. */
  profileWindows(range: NsRange, page: { idMax: number; limit: number }): Promise<readonly ProfileHead[]>
  profileCounts(id: number): Promise<readonly ProfileCount[]>
  profile(id: number): Promise<StoredProfile | undefined>
}
