import type { CommandOptions } from '../command-options.ts'
import type { HostPreopen } from '../fs/open-preopens.ts'

/**
 * What is made in the guest's thread, as it cannot be handed over: a module of JavaScript whose default export is called
 * with `data`.
 */
export interface ThreadModule {
  /** A `file:` URL. */
  readonly url: string
  /** As postMessage clones it. */
  readonly data?: unknown
}

/** What a guest is given, as plain data that can be handed to another thread. */
export interface ThreadGrants {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly isTerminal?: boolean
  readonly preopens?: readonly HostPreopen[]
  /** Each makes a `Server` of node:net that listens, with `allowHalfOpen` and `pauseOnConnect`. */
  readonly listeners?: readonly ThreadModule[]
  /** Whom it may call, as `parseNetworkRule` reads them. Nobody, if they are not given. */
  readonly network?: readonly string[]
  /** What it may import besides: each makes a `HostModule`. */
  readonly modules?: readonly ThreadModule[]
  /** Descriptors at once: 1024, if it is not given. */
  readonly descriptorsMax?: number
  /** Units of fuel, for modules that are metered. No limit, if it is not given. */
  readonly fuelMax?: number
}

export interface ThreadOptions
  extends ThreadGrants, Pick<CommandOptions, 'stdin' | 'stdout' | 'stderr' | 'signal'> {
  /** Milliseconds from start to end: then it is over, also where it computes without calling anything. */
  readonly wallTimeMsMax?: number
  /** Told once, before the guest runs: where it listens, as `ADDRESS:PORT`, in the order of `listeners`. */
  readonly onListening?: (addresses: readonly string[]) => void
}
