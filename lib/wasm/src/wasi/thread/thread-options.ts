import type { CommandOptions } from '../command.ts'

/** A directory of the host that the guest starts with, by its path. */
export interface ThreadPreopen {
  /** Its path in the guest, such as `/config`. */
  readonly path: string
  readonly hostPath: string
  readonly isReadOnly?: boolean
}

/** Where the guest's thread listens: an address, or a descriptor of this process that listens already. */
export type ThreadListener = { readonly host: string; readonly port: number } | { readonly fd: number }

/** What a guest may import besides, made in its thread. */
export interface ThreadModule {
  /** A module of JavaScript, as `file:` URL, whose default export makes a `HostModule` of `data`. */
  readonly url: string
  /** As postMessage clones it. */
  readonly data?: unknown
}

/** What a guest is given, as plain data that can be handed to another thread. */
export interface ThreadGrants {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly isTerminal?: boolean
  readonly preopens?: readonly ThreadPreopen[]
  readonly listeners?: readonly ThreadListener[]
  /** Whom it may call, as `parseNetworkRule` reads them. Nobody, if they are not given. */
  readonly network?: readonly string[]
  readonly modules?: readonly ThreadModule[]
  /** Descriptors at once: 1024, if it is not given. */
  readonly descriptorsMax?: number
}

export interface ThreadOptions
  extends ThreadGrants, Pick<CommandOptions, 'stdin' | 'stdout' | 'stderr' | 'signal'> {
  /** Milliseconds from start to end: then it is over, also where it computes without calling anything. */
  readonly wallTimeMsMax?: number
  /** Told once, before the guest runs: where it listens, as `ADDRESS:PORT`, in the order of `listeners`. */
  readonly onListening?: (addresses: readonly string[]) => void
}
