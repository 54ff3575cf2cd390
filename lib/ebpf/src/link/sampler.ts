import { readdirSync } from 'node:fs'
import { onlineCpus } from '../object/online-cpus.ts'
import { EbpfError } from '../error.ts'
import {
  openPerfEvent,
  PERF_ATTR_FLAG,
  PERF_COUNT_HW,
  PERF_COUNT_SW,
  PERF_TYPE,
  type PerfEventOptions,
} from '../sys/perf-event.ts'
import { linkPerfEvent } from './perf-event.ts'

/**
 * - `cpu-clock` the kernel's timer: everywhere, but code that holds interrupts off is seen where it lets them in again
 * - `cycles`    the processor's counter, by an interrupt that nothing holds off; virtual machines seldom have it
 */
export type SamplingClock = 'cpu-clock' | 'cycles'

export interface SamplerTarget {
  /** Samples a second of each busy processor; up to the sysctl kernel.perf_event_max_sample_rate. */
  readonly frequencyHz: number
  /**
   * Only this process: its threads of now, and those they start. A thread that is born while the others are looked up
   * may be missed. Default every process, on the processors that are online now.
   */
  readonly pid?: number
  /** Default `cpu-clock`. */
  readonly clock?: SamplingClock
}

/** A program that runs at a rate, until it is disposed of. */
export interface SamplerLink extends Disposable {
  /** Processors, or threads, that are sampled. */
  readonly eventCount: number
}

/** An event each; beyond it the descriptors of this process run out. */
const THREADS_MAX = 4096

const ESRCH = 3

/** @throws {EbpfError} `not-found` when there is no such process */
export function attachSampler(programFd: number, target: SamplerTarget): SamplerLink {
  const { frequencyHz, pid } = target
  if (!(frequencyHz >= 1 && Number.isInteger(frequencyHz)))
    throw new EbpfError('argument', `sample at ${frequencyHz} Hz: whole numbers from 1 are possible`)
  using links = new DisposableStack()
  let eventCount = 0
  const attach = (where: Pick<PerfEventOptions, 'pid' | 'cpu' | 'flags'>) => {
    links.use(linkPerfEvent(programFd, openEvent(target, where)))
    eventCount++
  }
  if (pid === undefined) {
    for (const cpu of onlineCpus()) attach({ cpu, flags: PERF_ATTR_FLAG.frequency })
  } else {
    for (const thread of threadsOf(pid)) {
      try {
        attachThread(thread, attach)
      } catch (error) {
        // It ended meanwhile.
        if (!(error instanceof EbpfError) || error.errno !== ESRCH) throw error
      }
    }
    if (eventCount === 0) throw new EbpfError('not-found', `process ${pid} ended`)
  }
  const owned = links.move()
  return { eventCount, [Symbol.dispose]: () => owned[Symbol.dispose]() }
}

function openEvent(
  { frequencyHz, clock }: SamplerTarget,
  where: Pick<PerfEventOptions, 'pid' | 'cpu' | 'flags'>,
): number {
  const doing = `sample at ${frequencyHz} Hz`
  const event =
    clock === 'cycles'
      ? { type: PERF_TYPE.hardware, config: PERF_COUNT_HW.cycles }
      : { type: PERF_TYPE.software, config: PERF_COUNT_SW.cpuClock }
  try {
    return openPerfEvent({ ...event, ...where, samplePeriod: frequencyHz, doing })
  } catch (cause) {
    if (clock !== 'cycles' || !(cause instanceof EbpfError) || cause.code !== 'not-found') throw cause
    throw new EbpfError('unsupported', 'this machine does not count cycles: sample by cpu-clock', { cause })
  }
}

/** Wherever the thread runs, and the threads it starts. Kernels before 5.13 sample the processes it starts, too. */
function attachThread(
  thread: number,
  attach: (where: Pick<PerfEventOptions, 'pid' | 'cpu' | 'flags'>) => void,
): void {
  const flags = PERF_ATTR_FLAG.frequency + PERF_ATTR_FLAG.inherit
  try {
    attach({ pid: thread, cpu: -1, flags: flags + PERF_ATTR_FLAG.inheritThread })
  } catch (error) {
    if (!(error instanceof EbpfError) || error.code !== 'argument') throw error
    attach({ pid: thread, cpu: -1, flags })
  }
}

function threadsOf(pid: number): number[] {
  let threads: number[]
  try {
    threads = readdirSync(`/proc/${pid}/task`).map(Number)
  } catch (cause) {
    throw new EbpfError('not-found', `there is no process ${pid}`, { cause })
  }
  if (threads.length > THREADS_MAX)
    throw new EbpfError('limit', `process ${pid} has ${threads.length} threads: ${THREADS_MAX} are possible`)
  return threads
}
