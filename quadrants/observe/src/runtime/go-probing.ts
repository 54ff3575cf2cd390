import type { GoProcess } from './go-process.ts'
import type { ProbeKeeper } from './probe-keeper.ts'
import type { ProbeSource } from './process-probes.ts'

/** Is told of the Go processes of this host. */
export interface GoWatcher {
  /** Its executable was searched: `search` is there. */
  found(process: GoProcess): void
  /** It ended, or executes something else. */
  left(process: GoProcess): void
}

/** Probes that somebody wants to have placed in Go processes. */
export interface WantedProbes {
  readonly source: ProbeSource
  /** What they are for. */
  readonly what: 'tls'
  /** Of its CPU, what they may cost a process where no instruction says otherwise. */
  readonly shareMax: number
  /** They cost the process too much, and are gone; that is told as a finding. */
  readonly onTooDear: (process: GoProcess) => void
  /** No process of the program can be probed. */
  readonly onUnsupported: (process: GoProcess, reason: string) => void
}

/** The Go processes that an observer of runtimes knows, for others that look into them. */
export interface GoProbing {
  /** Tells of those that are known now as well. */
  watch(watcher: GoWatcher): void
  /** Judges and tells what they cost with all others', from now on until it is disposed of. */
  keepProbes(wanted: WantedProbes): ProbeKeeper & Disposable
}
