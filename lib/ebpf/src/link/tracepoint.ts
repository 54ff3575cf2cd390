import { existsSync, readFileSync } from 'node:fs'
import { EbpfError } from '../error.ts'
import { openPerfEvent, PERF_TYPE } from '../sys/perf-event.ts'
import type { Link } from './link.ts'
import { linkPerfEvent } from './perf-event.ts'

const TRACEFS = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing']

/** A tracepoint program at `category/name`, as in `sched/sched_switch`. @throws {EbpfError} `not-found` */
export function attachTracepoint(programFd: number, target: string): Link {
  const config = tracepointId(target)
  const eventFd = openPerfEvent({
    type: PERF_TYPE.tracepoint,
    config,
    doing: `attach to tracepoint ${target}`,
  })
  return linkPerfEvent(programFd, eventFd)
}

/** The number tracefs gives the tracepoint. @throws {EbpfError} `not-found`, `unsupported` without tracefs */
function tracepointId(target: string): number {
  if (!/^[\w-]+\/[\w-]+$/.test(target))
    throw new EbpfError('argument', `tracepoint "${target}" is not of the form category/name`)
  const root = TRACEFS.find((path) => existsSync(`${path}/events`))
  if (root === undefined)
    throw new EbpfError('unsupported', `tracefs is not mounted: mount -t tracefs tracefs ${TRACEFS[0]}`)
  try {
    return Number(readFileSync(`${root}/events/${target}/id`, 'latin1'))
  } catch (cause) {
    throw new EbpfError('not-found', `this kernel has no tracepoint "${target}"`, { cause })
  }
}
