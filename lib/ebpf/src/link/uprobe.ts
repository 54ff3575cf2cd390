import { readFileSync } from 'node:fs'
import { EbpfError } from '../error.ts'
import { cString } from '../sys/c-string.ts'
import { openPerfEvent } from '../sys/perf-event.ts'
import type { Link } from './link.ts'
import { linkPerfEvent } from './perf-event.ts'
import { attachUprobeMulti } from './uprobe-multi.ts'

const DEVICE = '/sys/bus/event_source/devices/uprobe'

/** Each place costs the kernel a breakpoint in every process that has the file mapped. */
const SITES_MAX = 4096

/** An instruction that a program runs at. */
export interface UprobeSite {
  /**
   * Where the instruction begins in the file, bytes: not an address. An offset within an instruction breaks the probed
   * process, and the kernel doesn't know: take it from `findProbeSite` or `findReturns`.
   */
  readonly offset: number
  /** What `bpf_get_attach_cookie` gives the program there, 64 bits. Default 0. */
  readonly cookie?: bigint
}

/** Places in one file. */
export interface UprobeTarget {
  /**
   * The file, also one that is no longer where it was: `/proc/PID/exe`, `/proc/PID/root/usr/lib/…`. It is resolved
   * once: the probe stays with the inode.
   */
  readonly path: string
  readonly sites: readonly UprobeSite[]
  /** Only this process, with all its threads. Default every process that has the file mapped, or will. */
  readonly pid?: number
}

/** A program at places of one file, until it is disposed of; asynchronously where this thread shall not wait for it. */
export interface UprobeLink extends Disposable, AsyncDisposable {
  /**
   * One link for all places (`multi`, Linux 6.6), or a perf event for each. Detaching takes the kernel some 30 ms for a
   * `multi` link however many places it has, and 100 ms for each perf event, while the thread waits.
   */
  readonly method: 'multi' | 'perf-event'
  readonly siteCount: number
}

/**
 * A program before the instructions of `target`. All places or none.
 *
 * An instruction that the kernel cannot copy out of line is refused here when a process has the file mapped already;
 * else the probe stays silent. There is no probe at returns: it overwrites return addresses, which Go's stacks that
 * move and its tracebacks do not survive. Use `findReturns`.
 *
 * @param multi whether the program was loaded for links of many places
 * @throws {EbpfError} `not-found` when there is no such file, or process; `argument` for an offset outside of it;
 *   `unsupported` on kernels without uprobes, or for an instruction that cannot be probed
 */
export function attachUprobe(programFd: number, target: UprobeTarget, multi: boolean): UprobeLink {
  checkTarget(target)
  if (multi) return attachUprobeMulti(programFd, target)
  using undo = new DisposableStack()
  const links: Link[] = []
  for (const { offset, cookie } of target.sites) {
    const eventFd = openPerfEvent({
      type: deviceType(),
      config: 0,
      name: cString(target.path),
      offset,
      pid: target.pid ?? -1,
      // With a process on every processor; without one the breakpoint is everybody's, and any processor does.
      cpu: target.pid === undefined ? 0 : -1,
      doing: `attach to ${target.path} at ${hex(offset)}`,
    })
    links.push(undo.use(linkPerfEvent(programFd, eventFd, cookie)))
  }
  const owned = undo.move()
  return {
    method: 'perf-event',
    siteCount: target.sites.length,
    [Symbol.dispose]: () => owned[Symbol.dispose](),
    async [Symbol.asyncDispose]() {
      for (const link of links) await link[Symbol.asyncDispose]()
    },
  }
}

function checkTarget({ path, sites, pid }: UprobeTarget): void {
  if (sites.length === 0) throw new EbpfError('argument', `attach to ${path}: no place is given`)
  if (sites.length > SITES_MAX)
    throw new EbpfError('limit', `attach to ${path}: ${sites.length} places, ${SITES_MAX} are possible`)
  if (path.includes('\0')) throw new EbpfError('argument', 'attach to a path with a NUL in it')
  if (pid !== undefined && !(Number.isInteger(pid) && pid > 0))
    throw new EbpfError('argument', `attach to ${path}: ${pid} is no process`)
  const seen = new Set<number>()
  for (const { offset, cookie = 0n } of sites) {
    if (!Number.isSafeInteger(offset) || offset < 0)
      throw new EbpfError('argument', `attach to ${path}: ${offset} is no offset in a file`)
    if (seen.has(offset)) throw new EbpfError('argument', `attach to ${path}: ${hex(offset)} is given twice`)
    if (BigInt.asUintN(64, cookie) !== cookie)
      throw new EbpfError('argument', `attach to ${path}: cookie ${cookie} does not fit 64 bits`)
    seen.add(offset)
  }
}

function deviceType(): number {
  try {
    return Number(readFileSync(`${DEVICE}/type`, 'latin1'))
  } catch (cause) {
    throw new EbpfError('unsupported', 'this kernel has no uprobes (CONFIG_UPROBE_EVENTS)', { cause })
  }
}

function hex(offset: number): string {
  return `0x${offset.toString(16)}`
}
