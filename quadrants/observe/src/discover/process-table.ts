import { globMatch } from '@quadrant/core'
import type { Process, ServiceRule } from '@quadrant/proto'
import { ProcessWord, RecordKind, SockWord } from '../kernel/record.ts'
import { read64 } from '../kernel/word.ts'
import { parseCgroups } from './cgroup-path.ts'
import { CgroupTree } from './cgroup-tree.ts'
import { bootEpochNs, ticksOf, type HostClock } from './host-clock.ts'
import { listPids, readProcess, readStat, splitArguments } from './proc-files.ts'
import {
  inherit,
  learnFacts,
  newEntry,
  processKey,
  redact,
  setArgv,
  startOf,
  toProcess,
  type ProcessEntry,
} from './process-entry.ts'
import { RecentProcesses } from './recent-processes.ts'
import { nameService } from './service-name.ts'

/** Processes known at once, the dead of the last seconds among them; about 500 bytes each. */
export const PROCESSES_MAX = 32_768
/** Processes read whole when the table is made; the others when they are met. */
const SCAN_MAX = 8_192
/** The dead are kept this long for what is told late: flows, and samples of up to twelve seconds ago. */
const GRACE_NS = 15e9
/** Living ones that are looked at for their end in one sweep. */
const ALIVE_CHECKS = 256

export interface ProcessTableOptions {
  readonly clock: HostClock
  /** Default `/proc`. */
  readonly procRoot?: string
  /** Default {@link PROCESSES_MAX}. */
  readonly processes?: number
  readonly rules?: readonly ServiceRule[]
  /** Name that its engine gave a container. Default: none is known. */
  readonly containerName?: (id: string) => string | undefined
}

/** Who wants to know of processes as they come, execute something and go. What it is given is read, not kept or changed. */
export interface ProcessListener {
  /** It is there, since when ever. What was forked runs what its parent runs, as a rule until it executes something. */
  began(process: Readonly<ProcessEntry>): void
  executed(process: Readonly<ProcessEntry>): void
  ended(process: Readonly<ProcessEntry>): void
}

const utf8 = new TextDecoder()

/** The processes of the host by id: what runs, and what ran a moment ago. */
export class ProcessTable {
  readonly #clock: HostClock
  readonly #procRoot: string
  readonly #limit: number
  readonly #containerName: (id: string) => string | undefined
  readonly #cgroups: CgroupTree
  readonly #bootEpochNs: number
  #rules: readonly ServiceRule[]
  readonly #entries = new Map<number, ProcessEntry>()
  /** The youngest process of a pid. */
  readonly #byPid = new Map<number, ProcessEntry>()
  readonly #recent = new RecentProcesses()
  readonly #dead = new Set<ProcessEntry>()
  readonly #referred = new Set<ProcessEntry>()
  /** Told processes with news. */
  readonly #news = new Set<ProcessEntry>()
  #listener: ProcessListener | undefined
  #nextId = 0
  #limitCount = 0
  #checkedPid = 0

  constructor(options: ProcessTableOptions) {
    this.#clock = options.clock
    this.#procRoot = options.procRoot ?? '/proc'
    this.#limit = options.processes ?? PROCESSES_MAX
    this.#rules = options.rules ?? []
    this.#containerName = options.containerName ?? (() => undefined)
    this.#cgroups = new CgroupTree(this.#procRoot)
    this.#bootEpochNs = bootEpochNs(options.clock, this.#procRoot)
  }

  get count(): number {
    return this.#entries.size
  }

  /** Processes that found no room. */
  get limitCount(): number {
    return this.#limitCount
  }

  /** When a process began: ns of the Unix epoch, to a hundredth of a second. */
  startEpochNs({ startTicks }: Readonly<ProcessEntry>): number {
    return startOf(startTicks, this.#bootEpochNs)
  }

  /** From now on, and first of those that live already. */
  listen(listener: ProcessListener): void {
    this.#listener = listener
    for (const entry of this.#byPid.values()) if (entry.endNs === 0) listener.began(entry)
  }

  /** Finds who began or ended with no record of it, by the list of pids; who was given a known pid is found by `sweep`. */
  look(): void {
    const pids = new Set(listPids(this.#procRoot))
    const nowNs = this.#clock.monotonicNs()
    for (const entry of this.#byPid.values())
      if (entry.endNs === 0 && !pids.has(entry.pid)) this.#end(entry, nowNs)
    for (const pid of pids) {
      const known = this.#byPid.get(pid)
      if (known?.endNs === 0) continue
      const stat = readStat(this.#procRoot, pid)
      // What has ended by its record and is not reaped yet is found, and is no news.
      const entry = stat && this.#find(pid, stat.startTicks, true)
      if (entry === undefined || entry === known) continue
      entry.comm = stat!.comm
      entry.parentPid = stat!.parentPid
    }
  }

  /** Reads every process that runs now. */
  scan(): void {
    for (const [index, pid] of listPids(this.#procRoot).entries()) {
      const stat = readStat(this.#procRoot, pid)
      const entry = stat && this.#find(pid, stat.startTicks, true)
      if (!stat || !entry) continue
      entry.comm = stat.comm
      entry.parentPid = stat.parentPid
      if (index < SCAN_MAX) this.#read(entry)
    }
  }

  /** Applies a record of a process that forks, executes or ends. */
  apply(words: Uint32Array, at: number): void {
    const kind = words[at]! & 0xff
    const ticks = ticksOf(words[at + ProcessWord.start]!, words[at + ProcessWord.start + 1]!)
    const entry = this.#find(words[at + ProcessWord.tgid]!, ticks, kind !== RecordKind.exit)
    if (!entry) return
    if (kind === RecordKind.exit) {
      this.#end(entry, read64(words, at + ProcessWord.ts))
      return
    }
    entry.parentPid = words[at + ProcessWord.parentTgid]!
    if (kind === RecordKind.fork) this.#fork(entry, words, at)
    else this.#exec(entry, words, at)
    entry.comm = textAt(words, at + ProcessWord.comm, 16)
    entry.uid = words[at + ProcessWord.uid]!
    entry.netns = words[at + ProcessWord.netns]!
    this.#placeById(entry, read64(words, at + ProcessWord.cgroup))
    this.#changed(entry)
    if (kind === RecordKind.exec) this.#listener?.executed(entry)
  }

  /** Id of the process in a socket record, by pid and start; -1 when it has none or the table is full. */
  ofRecord(words: Uint32Array, at: number): number {
    const pid = words[at + SockWord.tgid]!
    if (pid === 0) return -1
    const low = words[at + SockWord.start]!
    const high = words[at + SockWord.start + 1]!
    const recent = this.#recent.find(pid, low, high)
    if (recent !== -1) return recent
    const id = this.#idOf(words, at, pid, low, high)
    if (id !== -1) this.#recent.add(pid, low, high, id)
    return id
  }

  /** Id of a process by pid and start; undefined where the table is full. */
  idOf(pid: number, startTicks: number): number | undefined {
    return this.#find(pid, startTicks, true)?.id
  }

  #idOf(words: Uint32Array, at: number, pid: number, low: number, high: number): number {
    const known = this.#byPid.get(pid)
    if (known !== undefined && ((low === 0 && high === 0) || known.startTicks === ticksOf(low, high)))
      return known.id
    const entry = this.#find(pid, ticksOf(low, high), true)
    if (!entry) return -1
    if (entry.comm === '') {
      entry.comm = textAt(words, at + SockWord.comm, 16)
      entry.uid = words[at + SockWord.uid]!
      entry.netns = words[at + SockWord.netns]!
      this.#placeById(entry, read64(words, at + SockWord.cgroup))
    }
    return entry.id
  }

  /** The key of a process; it is told with the next {@link ProcessTable.takeNews} if it was not yet. */
  refer(id: number): string | undefined {
    const entry = this.#entries.get(id)
    if (!entry) return undefined
    if (!entry.isReferred) {
      entry.isReferred = true
      this.#referred.add(entry)
      if (!entry.isRead && entry.endNs === 0) this.#read(entry)
      this.#news.add(entry)
    }
    return processKey(entry)
  }

  /** What is new of the processes that were referred to. */
  takeNews(): Process[] {
    const monotonicEpochNs = this.#clock.epochNs() - this.#clock.monotonicNs()
    const news: Process[] = []
    for (const entry of this.#news) {
      if (!entry.isRead && entry.endNs === 0) this.#read(entry)
      redact(entry)
      const { service, source } = nameService(entry, this.#rules, this.#containerName)
      entry.service = service
      entry.serviceSource = source
      news.push(toProcess(entry, this.#bootEpochNs, monotonicEpochNs))
    }
    this.#news.clear()
    return news
  }

  /** Tells every living process that was told before once more. */
  tellAgain(): void {
    for (const entry of this.#referred) if (entry.endNs === 0) this.#news.add(entry)
  }

  /** Names services anew by other rules. */
  setRules(rules: readonly ServiceRule[]): void {
    this.#rules = rules
    for (const entry of this.#referred) this.#news.add(entry)
  }

  /** What a process belongs to; empty where that is not known. */
  serviceOf(id: number): string {
    const entry = this.#entries.get(id)
    if (entry === undefined) return ''
    if (!entry.isRead && entry.endNs === 0) this.#read(entry)
    redact(entry)
    return nameService(entry, this.#rules, this.#containerName).service
  }

  /** The living whose service matches a glob. */
  pidsOfServices(globs: readonly string[]): readonly number[] {
    const pids: number[] = []
    for (const { id, pid, endNs } of this.#byPid.values()) {
      if (endNs !== 0) continue
      const service = this.serviceOf(id)
      if (globs.some((glob) => globMatch(glob, service))) pids.push(pid)
    }
    return pids
  }

  /** Of a process that is known. */
  pidOf(id: number): number | undefined {
    return this.#entries.get(id)?.pid
  }

  livingPids(): number[] {
    const pids: number[] = []
    for (const entry of this.#byPid.values()) if (entry.endNs === 0) pids.push(entry.pid)
    return pids
  }

  /**
   * Which of the patterns name the process that has a pid: by the pid itself, or by its service or comm as
   * {@link globMatch} compares them, upper case and lower case alike.
   *
   * @param fresh look into /proc first, where that was not done since its last exec
   */
  patternsOf(pid: number, patterns: readonly string[], fresh = false): readonly string[] {
    const entry = this.#byPid.get(pid)
    if (!entry || entry.endNs !== 0) return []
    if (fresh && !entry.isRead) this.#read(entry)
    redact(entry)
    const { service } = nameService(entry, this.#rules, this.#containerName)
    const names = [entry.comm.toLowerCase(), service.toLowerCase()]
    return patterns.filter((pattern) => {
      const folded = pattern.toLowerCase()
      return pattern === `${pid}` || names.some((name) => globMatch(folded, name))
    })
  }

  /** Forgets the dead that no flow needs any more, and finds the end of those whose record was lost. */
  sweep(pinned: ReadonlySet<number>): void {
    const nowNs = this.#clock.monotonicNs()
    let checks = 0
    for (const entry of this.#entries.values()) {
      if (entry.id < this.#checkedPid || entry.endNs !== 0) continue
      if (checks++ === ALIVE_CHECKS) {
        this.#checkedPid = entry.id
        break
      }
      if (readStat(this.#procRoot, entry.pid)?.startTicks !== entry.startTicks) this.#end(entry, nowNs)
    }
    if (checks <= ALIVE_CHECKS) this.#checkedPid = 0
    for (const entry of this.#dead)
      if (nowNs - entry.endNs > GRACE_NS && !pinned.has(entry.id)) this.#forget(entry)
  }

  #find(pid: number, startTicks: number, create: boolean): ProcessEntry | undefined {
    const known = this.#byPid.get(pid)
    if (known?.startTicks === startTicks) return known
    if (known && known.startTicks > startTicks) {
      // A record of the process that had the pid before.
      for (const entry of this.#dead) if (entry.pid === pid && entry.startTicks === startTicks) return entry
    }
    if (!create) return undefined
    if (this.#entries.size >= this.#limit && !this.#makeRoom()) {
      this.#limitCount++
      return undefined
    }
    const entry = newEntry(this.#nextId++, pid, startTicks)
    this.#entries.set(entry.id, entry)
    if (known && known.startTicks < startTicks && known.endNs === 0) {
      // The pid was given away, so its process has ended.
      this.#end(known, this.#clock.monotonicNs())
    }
    if (!known || known.startTicks < startTicks) {
      this.#byPid.set(pid, entry)
      this.#listener?.began(entry)
    }
    return entry
  }

  #end(entry: ProcessEntry, ns: number): void {
    const isNews = entry.endNs === 0
    entry.endNs = ns
    this.#dead.add(entry)
    this.#changed(entry)
    if (isNews) this.#listener?.ended(entry)
  }

  /** Forgets the dead whom nothing ever named. */
  #makeRoom(): boolean {
    for (const entry of this.#dead) if (!entry.isReferred) this.#forget(entry)
    return this.#entries.size < this.#limit
  }

  #forget(entry: ProcessEntry): void {
    this.#recent.clear()
    this.#entries.delete(entry.id)
    this.#dead.delete(entry)
    this.#referred.delete(entry)
    if (this.#byPid.get(entry.pid) === entry) this.#byPid.delete(entry.pid)
  }

  #fork(entry: ProcessEntry, words: Uint32Array, at: number): void {
    const parent = this.#byPid.get(words[at + ProcessWord.parentTgid]!)
    const ticks = ticksOf(words[at + ProcessWord.parentStart]!, words[at + ProcessWord.parentStart + 1]!)
    if (parent?.startTicks === ticks) inherit(entry, parent)
  }

  #exec(entry: ProcessEntry, words: Uint32Array, at: number): void {
    const lengths = words[at + ProcessWord.textBytes]!
    entry.exe = textAt(words, at + ProcessWord.filename, lengths & 0xffff)
    const argv = textAt(words, at + ProcessWord.argv, lengths >>> 16, true)
    setArgv(entry, splitArguments(argv))
    // /proc knows the interpreter behind a script, and arguments that were cut here.
    entry.isRead = false
  }

  #read(entry: ProcessEntry): void {
    entry.isRead = true
    const facts = readProcess(this.#procRoot, entry.pid)
    if (facts?.startTicks !== entry.startTicks) return
    learnFacts(entry, facts)
    const place = parseCgroups(facts.cgroups)
    entry.cgroup = place.path
    entry.containerId = place.containerId
    entry.systemdUnit = place.systemdUnit
  }

  /** Where a process ran that is perhaps gone before /proc is read. */
  #placeById(entry: ProcessEntry, cgroup: number): void {
    if (entry.cgroup !== '') return
    const path = this.#cgroups.find(cgroup, this.#clock.monotonicNs())
    if (path === '') return
    const place = parseCgroups(`0::${path}`)
    entry.cgroup = place.path
    entry.containerId = place.containerId
    entry.systemdUnit = place.systemdUnit
  }

  #changed(entry: ProcessEntry): void {
    if (entry.isReferred) this.#news.add(entry)
  }
}

/** Text of at most so many bytes, up to the first NUL unless NULs are part of it. */
function textAt(words: Uint32Array, at: number, byteLength: number, withNul = false): string {
  const start = words.byteOffset + at * 4
  // A copy: a decoder refuses memory that is shared with the kernel.
  const bytes = new Uint8Array(words.buffer.slice(start, start + byteLength))
  const end = withNul ? -1 : bytes.indexOf(0)
  return utf8.decode(end === -1 ? bytes : bytes.subarray(0, end))
}
