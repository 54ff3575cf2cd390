import type { ProcessTable } from '../discover/process-table.ts'
import { ProcessWord, RecordKind, SockWord } from '../kernel/record.ts'
import { read64 } from '../kernel/word.ts'
import type { TracerSource } from './tracer-source.ts'

const ADDED = -1

/**
 * The processes that the targets of the message mode name. The kernel tells the calls of whoever executes something
 * until it is told here whether a target names it, so that nothing is missed from the exec on; the calls of those
 * that no target names are refused.
 */
export class MessageTargets {
  readonly #processes: ProcessTable
  #patterns: readonly string[] = []
  readonly #matched = new Set<string>()
  /** Living processes that are targets. */
  readonly #named = new Set<number>()
  /** What the kernel has to be told: {@link ADDED}, or the time up to which a process is no target. */
  readonly #news = new Map<number, number>()

  constructor(processes: ProcessTable) {
    this.#processes = processes
  }

  get isOn(): boolean {
    return this.#patterns.length > 0
  }

  get pids(): number[] {
    return [...this.#named]
  }

  /** Targets that have named no process so far. */
  get unmatched(): readonly string[] {
    return this.#patterns.filter((pattern) => !this.#matched.has(pattern))
  }

  /** Other targets: all living processes are looked at. What the kernel had is to be replaced by {@link pids}. */
  replace(patterns: readonly string[]): void {
    this.#patterns = patterns
    for (const pattern of this.#matched) if (!patterns.includes(pattern)) this.#matched.delete(pattern)
    this.#named.clear()
    this.#news.clear()
    if (this.isOn) for (const pid of this.#processes.livingPids()) this.#judge(pid, Infinity)
    this.#news.clear()
  }

  /** Looks at all living processes again: names change without an exec too, and records may be lost. */
  renew(): void {
    if (!this.isOn) return
    const living = this.#processes.livingPids()
    const alive = new Set(living)
    for (const pid of this.#named) if (!alive.has(pid)) this.#refuse(pid, Infinity)
    for (const pid of living) {
      const before = this.#named.has(pid)
      // A target that found no room may find it now.
      if (!this.#judge(pid, Infinity) && !before) this.#news.delete(pid)
    }
  }

  /** After a process record was applied to the table. */
  apply(words: Uint32Array, at: number): void {
    if (!this.isOn) return
    const pid = words[at + ProcessWord.tgid]!
    const kind = words[at]! & 0xff
    const ns = timeOf(words, at)
    if (kind === RecordKind.exec) this.#judge(pid, ns, true)
    else if (kind === RecordKind.exit) {
      // The kernel has forgotten it by itself.
      this.#named.delete(pid)
      this.#news.delete(pid)
    } else if (!this.#judge(pid, ns)) {
      // It is what its parent was: where that was none, the kernel has not heard of it.
      const parent = words[at + ProcessWord.parentTgid]!
      if (!this.#named.has(parent) && !this.#news.has(parent)) this.#news.delete(pid)
    }
  }

  /** Whether a socket record is a call of a process that no target names. */
  refuses(words: Uint32Array, at: number): boolean {
    const kind = words[at + SockWord.head]! & 0xff
    if (kind !== RecordKind.send && kind !== RecordKind.receive) return false
    const pid = words[at + SockWord.tgid]!
    if (this.#named.has(pid)) return false
    if (!this.isOn || this.#news.has(pid)) return true
    // Its exec or fork was not told: the record was lost.
    this.#processes.ofRecord(words, at)
    return !this.#judge(pid, timeOf(words, at), true)
  }

  /** Tells the kernel what was found since. @throws {EbpfError} */
  settle(source: TracerSource): void {
    if (this.#news.size === 0) return
    for (const [pid, untilNs] of this.#news)
      if (untilNs === ADDED) source.addMessageTarget(pid)
      else source.refuseMessageTarget(pid, untilNs)
    this.#news.clear()
  }

  #judge(pid: number, ns: number, fresh = false): boolean {
    const patterns = this.#processes.patternsOf(pid, this.#patterns, fresh)
    if (patterns.length === 0) {
      this.#refuse(pid, ns)
      return false
    }
    for (const pattern of patterns) this.#matched.add(pattern)
    this.#named.add(pid)
    this.#news.set(pid, ADDED)
    return true
  }

  #refuse(pid: number, untilNs: number): void {
    this.#named.delete(pid)
    this.#news.set(pid, untilNs)
  }
}

/** A socket and a process record have their time at the same place. */
function timeOf(words: Uint32Array, at: number): number {
  return read64(words, at + ProcessWord.ts)
}
