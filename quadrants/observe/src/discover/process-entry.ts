import type { Process } from '@quadrant/proto'
import type { ProcessFacts } from './proc-files.ts'
import { redactArguments } from './redaction.ts'

/**
 * One run of one program, as far as it is known. Its start is in clock ticks (1/100 s) since boot, the
 * finest unit that /proc and the kernel's records share: both tell the same key.
 */
export interface ProcessEntry {
  readonly id: number
  readonly pid: number
  readonly startTicks: number
  comm: string
  exe: string
  /** With its secrets until {@link ProcessEntry.isRedacted}. */
  argv: readonly string[]
  isRedacted: boolean
  uid: number
  parentPid: number
  cgroup: string
  containerId: string
  systemdUnit: string
  netns: number
  service: string
  serviceSource: string
  /** ns, CLOCK_MONOTONIC; 0 while it runs. */
  endNs: number
  /** /proc was read, or tried. */
  isRead: boolean
  /** An edge or a flow named it once, so that servers know it. */
  isReferred: boolean
}

export function newEntry(id: number, pid: number, startTicks: number): ProcessEntry {
  return {
    id,
    pid,
    startTicks,
    comm: '',
    exe: '',
    argv: [],
    isRedacted: false,
    uid: 0xffffffff,
    parentPid: 0,
    cgroup: '',
    containerId: '',
    systemdUnit: '',
    netns: 0,
    service: '',
    serviceSource: '',
    endNs: 0,
    isRead: false,
    isReferred: false,
  }
}

/** `pid@start`: unique on a host for one boot. */
export function processKey(entry: Pick<ProcessEntry, 'pid' | 'startTicks'>): string {
  return `${entry.pid}@${entry.startTicks}`
}

/** What a fork has from its parent until it executes something else. */
export function inherit(entry: ProcessEntry, parent: ProcessEntry): void {
  entry.exe = parent.exe
  entry.argv = parent.argv
  entry.isRedacted = parent.isRedacted
  entry.cgroup = parent.cgroup
  entry.containerId = parent.containerId
  entry.systemdUnit = parent.systemdUnit
  entry.netns = parent.netns
}

export function setArgv(entry: ProcessEntry, argv: readonly string[]): void {
  entry.argv = argv
  entry.isRedacted = false
}

/** Hides the secrets in the arguments, once: most processes are never told, and it takes a while. */
export function redact(entry: ProcessEntry): void {
  if (entry.isRedacted) return
  entry.argv = redactArguments(entry.argv)
  entry.isRedacted = true
}

/** Takes over what /proc tells, but for what it may not tell. */
export function learnFacts(entry: ProcessEntry, facts: ProcessFacts): void {
  entry.comm = facts.comm
  entry.parentPid = facts.parentPid
  if (facts.exe !== '') entry.exe = facts.exe
  if (facts.argv.length > 0) setArgv(entry, facts.argv)
  if (facts.uid !== 0xffffffff) entry.uid = facts.uid
  if (facts.netns !== 0) entry.netns = facts.netns
}

/** Epoch time of a start in clock ticks since boot. */
export function startOf(startTicks: number, bootEpochNs: number): number {
  return bootEpochNs + startTicks * 1e7
}

/** @param bootEpochNs Time of boot, ns of the Unix epoch. @param monotonicEpochNs Epoch time of monotonic 0. */
export function toProcess(entry: ProcessEntry, bootEpochNs: number, monotonicEpochNs: number): Process {
  return {
    $typeName: 'quadrant.v1.Process',
    key: processKey(entry),
    pid: entry.pid,
    startNs: startOf(entry.startTicks, bootEpochNs),
    comm: entry.comm,
    exe: entry.exe,
    argv: [...entry.argv],
    uid: entry.uid,
    parentPid: entry.parentPid,
    cgroup: entry.cgroup,
    containerId: entry.containerId,
    systemdUnit: entry.systemdUnit,
    netns: entry.netns,
    service: entry.service,
    serviceSource: entry.serviceSource,
    endNs: entry.endNs === 0 ? 0 : monotonicEpochNs + entry.endNs,
  }
}
