import type { Logger } from 'pino'
import type { Live } from './api/live.ts'
import type { Agents } from './ingest/agents.ts'
import type { Refusals } from './ingest/refusals.ts'
import type { LoopLag } from './loop-lag.ts'
import type { ServerPipelines } from './pipelines/run-pipelines.ts'
import type { Store } from './store/store.ts'

/** How a person on this host calls the command line for this server. */
export interface CommandCall {
  readonly command: string
  /** Absolute. */
  readonly dataDir: string
  /** It is found without `--data`. */
  readonly dataIsDefault: boolean
}

/** What the requests of the API work on. */
export interface ServerState {
  readonly store: Store
  readonly live: Live
  readonly agents: Agents
  readonly refusals: Refusals
  readonly loopLag: LoopLag
  readonly log: Logger
  readonly clock: { readonly nowNs: () => number }
  readonly version: string
  readonly startedNs: number
  readonly call: CommandCall
  /** Where the store lies, for its disk's free space. */
  readonly stateDir: string
  /** Undefined where there is no pipeline file. */
  readonly pipelines: ServerPipelines | undefined
}
