import { EbpfError } from '@quadrant/ebpf'
import { openGoBinary, runtimeLayout, type ByteSource } from '@quadrant/golang'
import type { GcCycle, WorldStop } from '@quadrant/proto'
import { systemClock } from '../discover/host-clock.ts'
import { readStat } from '../discover/proc-files.ts'
import { processKey } from '../discover/process-entry.ts'
import { openExe } from '../runtime/exe-file.ts'
import { openGcSource } from '../runtime/gc/bpf-gc-source.ts'
import type { ThreadFeedOptions } from '../runtime/gc/gc-feed.ts'
import type { TrapCosts } from '../runtime/gc/trap-cost.ts'
import type { ProcessProbes } from '../runtime/process-probes.ts'
import type { GoTarget } from '../runtime/go-target.ts'

const PROC = '/proc'

/** Something that is over in one process: a collection, or a stop of the world for another reason. */
export type GcEvent =
  | { readonly kind: 'cycle'; readonly pid: number; readonly cycle: GcCycle }
  | { readonly kind: 'stop'; readonly pid: number; readonly stop: WorldStop }

/** With `spinMs` the reader looks for records before it sleeps, with `realtime` it runs before ordinary threads. */
export interface GcEventsOptions extends ThreadFeedOptions {
  /** Bytes of the ring buffer, a power of two. Default 1 MiB: 1,700 cycles. */
  readonly ringBytes?: number
  /** What a hit costs here. Default: measured while this begins to work, and 0 for the second until it is known. */
  readonly trapCosts?: TrapCosts
  /**
   * Take patch releases of Go that are later than all we have read for like the last of these: what is told is to be
   * checked otherwise then. Default false: they are refused.
   */
  readonly allowNewer?: boolean
}

/** Collections of Go processes, as soon as each is over. */
export interface GcEvents extends AsyncDisposable {
  /**
   * Probes one process from now on, until what is given back is disposed of. Reads its executable, which takes a tenth
   * of a second; only that process pays for the probes.
   *
   * @throws {EbpfError} `not-found` where there is no such process, `permission` where it may not be looked at,
   * `unsupported` where it is no Go program, or one of a version that we do not know, and what the kernel refuses
   */
  watch(pid: number): ProcessProbes
  /**
   * Events come without it. To be called about once a second: it times our program, which `ProcessProbes.counts` rests on,
   * and tells whether the reader is alive. Gives how many records came since the last call.
   *
   * @throws {EbpfError} what ended the reader
   */
  poll(): number
  /** Way of the newest 128 events from the kernel's stamp to the reader, microseconds; zeros before the first. */
  latencyUs(): { readonly median: number; readonly p99: number }
  /** What was lost so far, by stage and reason: `kernel.ring` counts records that found the buffer full. */
  drops(): ReadonlyArray<{ readonly stage: string; readonly reason: string; readonly count: number }>
}

/**
 * Collections and stops of the world of Go processes, one by one. A thread that the kernel wakes has each some 20 µs after
 * it is over; this one is told of it as soon as its event loop turns. The tracer, which tells once a second, reads when it
 * is polled instead, and so spares the probed processes 1.4 µs for each wake-up.
 *
 * @throws {EbpfError} where the kernel does not let us
 */
export function openGcEvents(onEvent: (event: GcEvent) => void, options: GcEventsOptions = {}): GcEvents {
  const { ringBytes, trapCosts, allowNewer, ...thread } = options
  const source = openGcSource({
    sink: {
      cycle: ({ pid }, cycle) => onEvent({ kind: 'cycle', pid, cycle }),
      stop: ({ pid }, stop) => onEvent({ kind: 'stop', pid, stop }),
    },
    clock: systemClock,
    ringBytes,
    trapCosts,
    thread,
  })
  return {
    watch: (pid) => withTarget(pid, allowNewer, (target) => source.probe(target)),
    poll: () => source.poll(),
    latencyUs: () => source.latencyUs(),
    drops: () => source.drops(),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  }
}

/** What a process runs is held open for as long as it is read. */
function withTarget<T>(pid: number, allowNewer: boolean | undefined, use: (target: GoTarget) => T): T {
  const file = openExe(PROC, pid)
  if (file === 'hidden') throw new EbpfError('permission', `process ${pid} may not be looked at`)
  if (file === 'none') throw new EbpfError('not-found', `no process ${pid} runs a program`)
  using _file = file
  return use(readTarget(pid, file.source, allowNewer))
}

function readTarget(pid: number, source: ByteSource, allowNewer: boolean | undefined): GoTarget {
  const startTicks = readStat(PROC, pid)?.startTicks ?? 0
  try {
    const binary = openGoBinary(source)
    const version = binary.buildInfo?.goVersion ?? ''
    const layout = runtimeLayout(version, binary.image.architecture, { allowNewer })
    return { pid, key: processKey({ pid, startTicks }), path: `${PROC}/${pid}/exe`, binary, layout }
  } catch (error) {
    throw EbpfError.from(error, 'unsupported')
  }
}
