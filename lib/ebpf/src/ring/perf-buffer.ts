import { EbpfError } from '../error.ts'
import { possibleCpuCount } from '../object/possible-cpus.ts'
import { closeFd } from '../sys/file-descriptor.ts'
import { KernelMemory } from '../sys/kernel-memory.ts'
import { PAGE_BYTES } from '../sys/page-size.ts'
import {
  disablePerfEvent,
  enablePerfEvent,
  openPerfEvent,
  PERF_ATTR_FLAG,
  PERF_COUNT_SW,
  PERF_SAMPLE_RAW,
  PERF_TYPE,
} from '../sys/perf-event.ts'
import { type PerfCursor, perfCursor } from './perf-cursor.ts'
import { PERF_SCRATCH_BYTES } from './perf-region.ts'
import type { OnRecord, RecordReader } from './record-reader.ts'
import { RingWait } from './ring-wait.ts'

/** A map of BPF_MAP_TYPE_PERF_EVENT_ARRAY as far as its reader needs it; `BpfMap` is one. */
export interface PerfMap {
  readonly maxEntries: number
  readonly type: string
  update(key: Uint8Array, value: Uint8Array): void
}

export interface PerfBufferOptions {
  /** Room for records on each processor, bytes: a power of two, at least a page. Default 256 KiB. */
  readonly dataBytes?: number
  /** Wake a `wait` once so many bytes are there. Default a quarter of the room. */
  readonly wakeupBytes?: number
}

/** The highest processor number for which a ring is made. */
const CPUS_MAX = 1024
const ENODEV = 19

/**
 * Opens a BPF_MAP_TYPE_PERF_EVENT_ARRAY for reading: one ring for each processor, into which programs write with
 * `bpf_perf_event_output` and BPF_F_CURRENT_CPU. For kernels without ring buffers (before 5.8).
 *
 * `byteLength` of a record is what the kernel rounded it up to: 4 more than a multiple of 8. `lostCount` is exact up
 * to the last record that fitted: the kernel tells of lost records in front of the next one.
 *
 * @throws {EbpfError}
 */
export function openPerfBuffer(map: PerfMap, options: PerfBufferOptions = {}): RecordReader {
  return new PerfBuffer(map, options)
}

class PerfBuffer implements RecordReader {
  readonly #cursors: PerfCursor[] = []
  readonly #wait: RingWait
  readonly #owned: DisposableStack
  #next = 0
  #draining = false

  constructor(map: PerfMap, options: PerfBufferOptions) {
    const { dataBytes = 262_144 } = options
    if (dataBytes < PAGE_BYTES || (dataBytes & (dataBytes - 1)) !== 0)
      throw new EbpfError(
        'argument',
        `perf buffer of ${dataBytes} bytes: not a power of two of at least a page`,
      )
    if (map.type !== 'perf_event_array')
      throw new EbpfError('argument', `a perf buffer reader cannot read a map of type ${map.type}`)
    const { wakeupBytes = dataBytes >> 2 } = options
    using cleanup = new DisposableStack()
    const cpuCount = Math.min(possibleCpuCount(), map.maxEntries, CPUS_MAX)
    const ringBytes = PAGE_BYTES + dataBytes
    const scratchAt = cpuCount * ringBytes
    const memory = cleanup.use(new KernelMemory(scratchAt + PERF_SCRATCH_BYTES))
    const fds: number[] = []
    for (let cpu = 0; cpu < cpuCount; cpu++) {
      const fd = openOutput(cpu, wakeupBytes)
      if (fd === undefined) continue
      cleanup.adopt(fd, closeFd)
      const pageAt = cpu * ringBytes
      memory.map(pageAt, ringBytes, fd, { writable: true })
      const dataAt = pageAt + PAGE_BYTES
      this.#cursors.push(perfCursor({ memory: memory.memory, pageAt, dataAt, dataBytes, scratchAt }))
      map.update(word(cpu), word(fd))
      enablePerfEvent(fd)
      cleanup.defer(() => disablePerfEvent(fd))
      fds.push(fd)
    }
    this.#wait = cleanup.use(new RingWait(fds))
    this.#owned = cleanup.move()
  }

  get lostCount(): number {
    return this.#cursors.reduce((sum, cursor) => sum + cursor.lostCount, 0)
  }

  get wakeFd(): number {
    return this.#wait.wakeFd
  }

  drain(onRecord: OnRecord, maxRecords = Infinity): number {
    if (this.#draining) throw new EbpfError('argument', 'drain called from its own callback')
    this.#draining = true
    let delivered = 0
    try {
      // With a budget, the next drain begins where this one ended: no processor starves.
      for (let i = 0; i < this.#cursors.length && delivered < maxRecords; i++) {
        delivered += this.#cursors[this.#next]!.drain(onRecord, maxRecords - delivered)
        this.#next = (this.#next + 1) % this.#cursors.length
      }
    } finally {
      this.#draining = false
    }
    return delivered
  }

  wait(timeoutMs: number, spinMs?: number): boolean {
    return this.#wait.wait(timeoutMs, () => this.#cursors.some((cursor) => cursor.readable()), spinMs)
  }

  interrupt(): void {
    this.#wait.interrupt()
  }

  /** After this the rings read as empty. */
  [Symbol.dispose](): void {
    this.#owned[Symbol.dispose]()
  }
}

/** The event that programs write to on a processor; undefined where that is not there. */
function openOutput(cpu: number, wakeupBytes: number): number | undefined {
  try {
    return openPerfEvent({
      type: PERF_TYPE.software,
      config: PERF_COUNT_SW.bpfOutput,
      sampleType: PERF_SAMPLE_RAW,
      samplePeriod: 1,
      flags: PERF_ATTR_FLAG.watermark,
      wakeup: wakeupBytes,
      cpu,
    })
  } catch (error) {
    if (error instanceof EbpfError && error.errno === ENODEV) return undefined
    throw error
  }
}

function word(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer)
}
