import { readFileSync, readdirSync, readlinkSync } from 'node:fs'

/** Characters of a file of /proc that are looked at. */
const FILE_LENGTH_MAX = 256 * 1024
/** Arguments of a process that are kept: so many, each so long. */
const ARGUMENTS_MAX = 64
const ARGUMENT_LENGTH_MAX = 512

/** What /proc/PID/stat tells. */
export interface ProcessStat {
  readonly pid: number
  readonly comm: string
  readonly parentPid: number
  /** Start, in clock ticks (1/100 s) since boot. */
  readonly startTicks: number
}

/** Everything /proc tells of a process; what may not be read is empty. */
export interface ProcessFacts extends ProcessStat {
  readonly exe: string
  readonly argv: readonly string[]
  readonly uid: number
  /** Lines of /proc/PID/cgroup. */
  readonly cgroups: string
  /** Inode of its network namespace, 0 where it may not be read. */
  readonly netns: number
}

/** @param root Where /proc is mounted. */
export function listPids(root: string): number[] {
  const pids: number[] = []
  for (const name of readdirSync(root)) if (/^[1-9]\d*$/.test(name)) pids.push(Number(name))
  return pids
}

/** Undefined when the process is gone. */
export function readStat(root: string, pid: number): ProcessStat | undefined {
  return parseStat(readText(`${root}/${pid}/stat`))
}

/** Undefined when the process is gone. */
export function readProcess(root: string, pid: number): ProcessFacts | undefined {
  const stat = readStat(root, pid)
  if (!stat) return undefined
  return {
    ...stat,
    exe: readLink(`${root}/${pid}/exe`).replace(/ \(deleted\)$/, ''),
    argv: splitArguments(readText(`${root}/${pid}/cmdline`)),
    uid: parseUid(readText(`${root}/${pid}/status`)),
    cgroups: readText(`${root}/${pid}/cgroup`),
    netns: parseNamespace(readLink(`${root}/${pid}/ns/net`)),
  }
}

/** The format of proc_pid_stat(5). The name stands in parentheses and may hold parentheses and spaces itself. */
export function parseStat(text: string): ProcessStat | undefined {
  const open = text.indexOf('(')
  const close = text.lastIndexOf(')')
  if (open === -1 || close < open) return undefined
  const fields = text
    .slice(close + 1)
    .trim()
    .split(/\s+/)
  // Fields 3 and on: state, ppid, … starttime is field 22.
  const pid = Number.parseInt(text, 10)
  const parentPid = Number(fields[1])
  const startTicks = Number(fields[19])
  if (!Number.isSafeInteger(pid) || !Number.isSafeInteger(parentPid) || !Number.isSafeInteger(startTicks))
    return undefined
  return { pid, comm: text.slice(open + 1, close), parentPid, startTicks }
}

/** The effective user of /proc/PID/status, 0xffffffff where it is not told. */
function parseUid(status: string): number {
  const match = /^Uid:\s+\d+\s+(\d+)/m.exec(status)
  return match ? Number(match[1]) : 0xffffffff
}

/** Arguments of /proc/PID/cmdline, each ended by a NUL; a program that rewrote them may leave one long text. */
export function splitArguments(text: string): string[] {
  const argv = text.split('\0', ARGUMENTS_MAX + 1)
  while (argv.length > 0 && argv.at(-1) === '') argv.pop()
  return argv.slice(0, ARGUMENTS_MAX).map((argument) => argument.slice(0, ARGUMENT_LENGTH_MAX))
}

/** The inode in `net:[4026531840]`, 0 when there is none. */
export function parseNamespace(link: string): number {
  const match = /^[a-z_]+:\[(\d+)\]$/.exec(link)
  return match ? Number(match[1]) : 0
}

/** Empty when it may not be read, or is gone; cut after `lengthMax` characters. */
export function readText(path: string, lengthMax = FILE_LENGTH_MAX): string {
  try {
    return readFileSync(path, 'utf8').slice(0, lengthMax)
  } catch {
    return ''
  }
}

/** Empty when it may not be read, or is gone. */
export function readLink(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
