import { WasmError } from '../../error.ts'
import { ORDER_MAX } from './layout.ts'

/** What the threads of a process share at most. What is over a limit is refused, and counted with its VM. */
export interface SharedLimits {
  /** Of all VMs; only what is in use takes memory. 64 MiB. A multiple of 1 MiB. */
  readonly bytesMax?: number
  /** Of one vm_id, with what blocks of memory are larger than what lies in them. 8 MiB. */
  readonly vmBytesMax?: number
  /** Keys, and items of queues, of one vm_id. 16,384. */
  readonly vmEntriesMax?: number
  /** Distinct vm_ids at one time. 1,024. */
  readonly vmsMax?: number
  /** 4 KiB. */
  readonly keyBytesMax?: number
  /** A value, or an item of a queue. 256 KiB, at most half of 1 MiB. */
  readonly valueBytesMax?: number
  /** Queues of all VMs. 1,024. */
  readonly queuesMax?: number
  /** Items of one queue. 4,096. */
  readonly queueItemsMax?: number
  /** Threads that have it open at one time. 128. */
  readonly threadsMax?: number
  /**
   * How long a call waits for another thread, in milliseconds. 500: those hold a lock for microseconds, so it is gone, or
   * the machine does not run it.
   */
  readonly lockWaitMs?: number
}

export type SharedSizes = Required<SharedLimits>

const DEFAULTS: SharedSizes = {
  bytesMax: 64 << 20,
  vmBytesMax: 8 << 20,
  vmEntriesMax: 16_384,
  vmsMax: 1024,
  keyBytesMax: 4096,
  valueBytesMax: 256 << 10,
  queuesMax: 1024,
  queueItemsMax: 4096,
  threadsMax: 128,
  lockWaitMs: 500,
}

/** Offsets are 32 bits, with a sign. */
const BYTES_MAX = 1 << 30
const COUNT_MAX = 1 << 16

/** @throws {WasmError} `option` for a limit that cannot be kept */
export function sizesOf(limits: SharedLimits): SharedSizes {
  const sizes = { ...DEFAULTS, ...limits }
  const half = 1 << (ORDER_MAX - 1)
  const isFit =
    Object.values(sizes).every((size) => Number.isInteger(size) && size > 0) &&
    sizes.bytesMax % (1 << ORDER_MAX) === 0 &&
    sizes.bytesMax <= BYTES_MAX &&
    sizes.keyBytesMax + sizes.valueBytesMax <= half + DEFAULTS.keyBytesMax &&
    Math.max(sizes.vmsMax, sizes.queuesMax, sizes.threadsMax) <= COUNT_MAX
  if (!isFit) throw new WasmError('option', `shared memory cannot be laid out by ${JSON.stringify(limits)}`)
  return sizes
}
