import type {
  Drop,
  DropCount,
  HostName,
  Instruction,
  Process,
  Protocol,
  RequestBatch,
  RuntimeBatch,
  StageCount,
} from '@quadrant/proto'
import type { EdgeDelta, Endpoint } from '@quadrant/proto'
import type { FilterStore } from './filter-store.ts'
import type { RequestStore } from './request-store.ts'
import type { Totals } from './rollup.ts'
import type { RuntimeStore, StoredRuntimeEvent } from './runtime-store.ts'
import type { Span } from './span.ts'

/** One run of one program, as far as a map or a flow shows it. The store updates it in place. */
export interface ProcessRef {
  readonly id: number
  readonly host: string
  /** `pid@start`. */
  readonly key: string
  readonly pid: number
  comm: string
  service: string
}

/** A process with when it lived. */
export interface ProcessLife {
  readonly process: ProcessRef
  /** Nanoseconds of the Unix epoch; 0 where it was never described. */
  readonly startNs: number
  /** 0 while it runs. */
  readonly endNs: number
}

/** Which processes are looked for; what is not given may be anything. */
export interface ProcessQuery {
  readonly service?: string
  readonly host?: string
  /** `pid@start`. */
  readonly key?: string
  readonly pid?: number
}

/** One end of a stored edge. */
export type EndpointRef =
  | { readonly kind: 'process'; readonly process: ProcessRef }
  | { readonly kind: 'address'; readonly address: string }
  /** A limit's catch-all. */
  | { readonly kind: 'other'; readonly reason: string }
  /** Processes that have ended and were folded into their service to make room. */
  | { readonly kind: 'ended'; readonly host: string; readonly service: string }

export interface EdgeRef {
  readonly id: number
  readonly client: EndpointRef
  readonly server: EndpointRef
  readonly protocol: Protocol
  readonly serverPort: number
}

export interface EdgeSum {
  readonly edge: EdgeRef
  readonly totals: Totals
}

export interface SeriesPoint {
  /** Start of the point, seconds of the Unix epoch. */
  readonly time: number
  readonly totals: Totals
}

export interface AgentIdentity {
  readonly agentId: string
  readonly host: string
  readonly bootId: string
  readonly version: string
}

export interface AgentRow extends AgentIdentity {
  readonly id: number
  /** Highest sequence number committed; 0 if none. */
  readonly lastSeq: number
  /** End of the newest window, or when one was refused; nanoseconds of the Unix epoch; 0 if none. */
  readonly lastFrameNs: number
}

/** A batch that was checked: indices in range, counters finite, times sane. */
export interface CheckedBatch {
  readonly startNs: number
  readonly endNs: number
  readonly processes: readonly Process[]
  readonly endpoints: readonly Endpoint[]
  readonly edges: readonly EdgeDelta[]
  readonly processKeys: readonly string[]
  readonly addresses: readonly Uint8Array[]
  /** FlowColumns as they came. */
  readonly flows: Uint8Array
  readonly flowSummary: FlowSummary
  readonly drops: readonly DropCount[]
  readonly stages: readonly StageCount[]
  /** What runtimes did, where any is observed. */
  readonly runtime: RuntimeBatch | undefined
  /** HTTP and gRPC, where it is observed. */
  readonly requests: RequestBatch | undefined
  readonly hostNames: readonly HostName[]
}

/** A name by which an address was asked for on a host. */
export interface StoredName {
  readonly host: string
  /** Inode number of the network namespace. */
  readonly netns: number
  readonly name: string
  /** Names in between, from the one asked for to the one that has the address. */
  readonly aliases: readonly string[]
  /** Nanoseconds of the Unix epoch. */
  readonly firstNs: number
  readonly lastNs: number
  readonly ttlS: number
}

/** By address, in text: its names, the one that was asked for last first. */
export type NamesByAddress = ReadonlyMap<string, readonly StoredName[]>

export interface FlowSummary {
  readonly count: number
  /** Of them, the server's end of an edge whose both ends are on this host. */
  readonly joinedServerCount: number
  readonly offsetUsMin: number
  readonly offsetUsMax: number
}

export interface FlowSegmentHead {
  /** Ascends with commit. */
  readonly id: number
  readonly host: string
  readonly startNs: number
  readonly summary: FlowSummary
}

/** The flows of one frame, still encoded. */
export interface FlowSegment extends FlowSegmentHead {
  readonly columns: Uint8Array
  /** 4 or 16 bytes each. */
  readonly addresses: readonly Uint8Array[]
  /** undefined where the process was forgotten since. */
  readonly processes: ReadonlyArray<ProcessRef | undefined>
  /** Names of an address, in text, the one that was asked for last first. */
  readonly namesOf: (address: string) => readonly StoredName[]
}

export interface Commit {
  /** False: this sequence number was committed before and nothing was changed. */
  readonly applied: boolean
  /** The stored flows, where there were any. */
  readonly segment: FlowSegment | undefined
  /** What the frame told as dropped, and what the store itself did not keep of it. */
  readonly drops: readonly Drop[]
  /** Collections and stops of the world that are new, by their ends. */
  readonly runtimeEvents: readonly StoredRuntimeEvent[]
  /** End of the second that it counts for, nanoseconds of the Unix epoch. */
  readonly endNs: number
}

/** What happened on the whole machine in one stored point. */
export interface TimelineTotals {
  readonly time: number
  readonly opened: number
  readonly failed: number
  readonly reset: number
  readonly bytes: number
  readonly retransmits: number
  readonly dropped: number
  /** Seconds of the point that hold data. */
  readonly seconds: number
}

export interface Stage {
  readonly stage: string
  readonly seen: number
  readonly kept: number
}

export interface StoreSize {
  readonly sizeBytes: number
  readonly limitBytes: number
  readonly edges: number
  readonly edgesLimit: number
  readonly processes: number
  readonly flowSegments: number
  readonly flowBytes: number
  readonly flowLimitBytes: number
  readonly profileBytes: number
  readonly profileLimitBytes: number
  readonly requestSeries: number
  readonly requestSeriesLimit: number
  /** Requests in full. */
  readonly captures: number
  readonly capturesLimit: number
  readonly captureBytes: number
  /** Start of the oldest data, nanoseconds of the Unix epoch; 0 when empty. */
  readonly oldestNs: number
  /** Start of the newest point, seconds; 0 when empty. */
  readonly newestSeconds: number
}

export interface StoreLimits {
  readonly flowBytes: number
  readonly storeBytes: number
  readonly edges: number
  readonly processes: number
  readonly agents: number
  readonly profileBytes: number
  /** Of collections and of stops of the world, each. */
  readonly runtimeEvents: number
  readonly facts: number
  readonly builds: number
  readonly findings: number
  /** Series of requests, and what could not be read, each. */
  readonly requestSeries: number
  readonly captures: number
  readonly captureBytes: number
  /** Of addresses, with their hosts and namespaces. */
  readonly names: number
}

export const DEFAULT_STORE_LIMITS: StoreLimits = {
  flowBytes: 256 * 2 ** 20,
  storeBytes: 2 ** 30,
  edges: 50_000,
  processes: 100_000,
  agents: 1024,
  profileBytes: 128 * 2 ** 20,
  runtimeEvents: 500_000,
  facts: 200_000,
  builds: 5000,
  findings: 10_000,
  requestSeries: 50_000,
  captures: 20_000,
  captureBytes: 64 * 2 ** 20,
  names: 50_000,
}

/** Nanoseconds of the Unix epoch, half open. */
export interface NsRange {
  readonly startNs: number
  readonly endNs: number
}

/**
 * What the server keeps. Every implementation passes `store.case.ts`.
 * Times without a unit are seconds of the Unix epoch.
 */
export interface Store extends AsyncDisposable {
  /**
   * Finds or adds an agent, and updates what it says of itself.
   *
   * @throws {ServerError} `agent-limit` where it is new and there are as many as may be
   */
  agent(identity: AgentIdentity): Promise<AgentRow>
  agents(): Promise<readonly AgentRow[]>
  /**
   * Applies one frame and its sequence number in one transaction: after a crash either both are there or neither,
   * so a frame told again is known and a frame that was not kept is told again.
   */
  commit(agent: number, seq: number, batch: CheckedBatch): Promise<Commit>
  /** Marks a frame as had without its content, and counts why. */
  skip(agent: number, seq: number, drop: Drop): Promise<void>
  /** Adds to the cumulative drop counts. */
  countDrops(drops: readonly Drop[]): Promise<void>
  /** What the agents are to observe; undefined until somebody said so. */
  instruction(): Promise<Instruction | undefined>
  keepInstruction(instruction: Instruction): Promise<void>
  edgeSums(spans: readonly Span[]): Promise<readonly EdgeSum[]>
  /** The points of some edges, added up, oldest first. */
  edgeSeries(edges: readonly number[], span: Span): Promise<readonly SeriesPoint[]>
  timeline(span: Span): Promise<readonly TimelineTotals[]>
  /** Drops told for the spans, as of the moment of the call and not of its answer. */
  drops(spans: readonly Span[]): Promise<readonly Drop[]>
  dropTotals(): Promise<readonly Drop[]>
  stageTotals(): Promise<readonly Stage[]>
  /** Whole descriptions, in the order of `ids`; those that are gone are left out. */
  processes(ids: readonly number[]): Promise<readonly Process[]>
  /** Those that match, the newest first. */
  findProcesses(query: ProcessQuery): Promise<readonly ProcessLife[]>
  /** Names of all services that processes belong to. */
  serviceNames(): Promise<readonly string[]>
  /** Names of addresses, of all hosts; those without any are left out. */
  namesOf(addresses: Iterable<string>): Promise<NamesByAddress>
  /** What runtimes did. */
  readonly runtime: RuntimeStore
  /** HTTP and gRPC. */
  readonly requests: RequestStore
  /** Filters on their way to gateways. */
  readonly filters: FilterStore
  /** Processes of a host by `pid@start`; without those that are not known. */
  processesByKey(host: string, keys: readonly string[]): Promise<readonly Process[]>
  /** Heads of segments that overlap the range, newest first, `limit` at most, of ids up to `idMax`. */
  flowSegments(range: NsRange, page: { idMax: number; limit: number }): Promise<readonly FlowSegmentHead[]>
  /** Id of the newest segment; 0 when there is none. */
  lastFlowSegment(): Promise<number>
  flowSegment(id: number): Promise<FlowSegment | undefined>
  size(): Promise<StoreSize>
  /**
   * Forgets agents, but those whose ids are given, that told nothing for as long as anything is kept, or never, and
   * counts those that did.
   */
  forgetAgents(nowSeconds: number, connected: ReadonlySet<number>): Promise<void>
  /** Removes what is over its age or limit, and counts it. Returns how many rows went. */
  retain(nowSeconds: number): Promise<number>
  /** Writes and takes back one row. @throws {ServerError} `store` where the store can't be written. */
  probe(): Promise<void>
}
