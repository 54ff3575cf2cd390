import { EbpfError } from '../error.ts'
import { BPF, BpfAttr, bpf } from '../sys/bpf.ts'
import {
  enablePerfEvent,
  openPerfEvent,
  PERF_ATTR_FLAG,
  PERF_COUNT_SW,
  PERF_TYPE,
  setPerfEventProgram,
} from '../sys/perf-event.ts'
import { ATTACH_TYPES } from '../uapi/attach-type.ts'
import { Link } from './link.ts'

export interface PerfEventTarget {
  readonly frequencyHz: number
  /** Only this process. Default every one. */
  readonly pid?: number
  /** Which processor; -1 for all, which needs a `pid`. */
  readonly cpu: number
}

/** Runs a perf_event program at a fixed rate of the processor's clock. @throws {EbpfError} */
export function attachPerfEvent(programFd: number, target: PerfEventTarget): Link {
  const eventFd = openPerfEvent({
    type: PERF_TYPE.software,
    config: PERF_COUNT_SW.cpuClock,
    samplePeriod: target.frequencyHz,
    flags: PERF_ATTR_FLAG.frequency,
    pid: target.pid ?? -1,
    cpu: target.cpu,
  })
  return linkPerfEvent(programFd, eventFd)
}

/**
 * Puts the program behind an open perf event, which the link takes over: a BPF link since 5.15, before that the
 * event itself carries the program.
 *
 * @param cookie what `bpf_get_attach_cookie` gives the program. Default 0
 * @throws {EbpfError} `unsupported` for a cookie on kernels before 5.15
 */
export function linkPerfEvent(programFd: number, eventFd: number, cookie: bigint = 0n): Link {
  using undo = new DisposableStack()
  const event = undo.use(new Link(eventFd))
  const link = tryLink(programFd, eventFd, cookie)
  if (link !== undefined) undo.use(link)
  enablePerfEvent(eventFd)
  undo.move()
  if (link === undefined) return event
  event[Symbol.dispose]()
  return link
}

function tryLink(programFd: number, eventFd: number, cookie: bigint): Link | undefined {
  const attr = new BpfAttr()
    .u32(0, programFd)
    .u32(4, eventFd)
    .u32(8, ATTACH_TYPES.perf_event)
    .u32(12, 0)
    .u64(16, cookie)
  try {
    return new Link(bpf(BPF.LINK_CREATE, attr, 'attach to a perf event'))
  } catch (error) {
    if (!(error instanceof EbpfError) || error.code !== 'argument') throw error
    if (cookie !== 0n)
      throw new EbpfError('unsupported', 'attach cookies need a kernel of 5.15 or later', { cause: error })
    setPerfEventProgram(eventFd, programFd)
    return undefined
  }
}
