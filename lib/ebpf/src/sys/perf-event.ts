import { addressOf } from './libc.ts'
import { call } from './syscall.ts'

/** `struct perf_event_attr`, PERF_ATTR_SIZE_VER5 (include/uapi/linux/perf_event.h). */
const ATTR_BYTES = 112
const PERF_FLAG_FD_CLOEXEC = 8
const PERF_EVENT_IOC_ENABLE = 0x2400
const PERF_EVENT_IOC_DISABLE = 0x2401
const PERF_EVENT_IOC_SET_BPF = 0x40042408

/** `enum perf_type_id`, those with a fixed number. */
export const PERF_TYPE = { hardware: 0, software: 1, tracepoint: 2 } as const
/** `enum perf_hw_id`. */
export const PERF_COUNT_HW = { cycles: 0 } as const
/** `enum perf_sw_ids`. */
export const PERF_COUNT_SW = { cpuClock: 0, bpfOutput: 10 } as const

/** PERF_SAMPLE_RAW: the sample carries the bytes that bpf_perf_event_output gave. */
export const PERF_SAMPLE_RAW = 1 << 10

/** Bits of the flag words at offset 40: add them up, the last one lies beyond 32 bits. */
export const PERF_ATTR_FLAG = {
  /** Threads that the sampled one starts are sampled too; processes it starts are unless `inheritThread` is set (5.13). */
  inherit: 1 << 1,
  frequency: 1 << 10,
  watermark: 1 << 14,
  inheritThread: 2 ** 35,
} as const

export interface PerfEventOptions {
  /** `PERF_TYPE`, or the number in /sys/bus/event_source/devices/NAME/type. */
  readonly type: number
  /** What to count; for a tracepoint its tracefs id. */
  readonly config: number
  /** NUL-terminated, for kprobe and uprobe (`config1`): a function's name or a file's path. */
  readonly name?: Uint8Array
  /** Where in the file `name`, for uprobe (`config2`), bytes. Default 0. */
  readonly offset?: number
  /** A sample each this many events, or this many a second with `flags` frequency. */
  readonly samplePeriod?: number
  readonly sampleType?: number
  readonly flags?: number
  /** Wake a reader after this many events, or bytes with `flags` watermark. */
  readonly wakeup?: number
  /** -1 for every process. Default -1. */
  readonly pid?: number
  /** Default 0; -1 follows a process on every processor. */
  readonly cpu?: number
  /** What for, put before an error's message. */
  readonly doing?: string
}

/** A descriptor of a new perf event: closing it ends the event. @throws {EbpfError} */
export function openPerfEvent(options: PerfEventOptions): number {
  const attr = new DataView(new ArrayBuffer(ATTR_BYTES))
  attr.setUint32(0, options.type, true)
  attr.setUint32(4, ATTR_BYTES, true)
  attr.setBigUint64(8, BigInt(options.config), true)
  attr.setBigUint64(16, BigInt(options.samplePeriod ?? 0), true)
  attr.setBigUint64(24, BigInt(options.sampleType ?? 0), true)
  attr.setBigUint64(40, BigInt(options.flags ?? 0), true)
  attr.setUint32(48, options.wakeup ?? 0, true)
  const { name, pid = -1, cpu = 0 } = options
  if (name !== undefined) attr.setBigUint64(56, BigInt(addressOf(name)), true)
  attr.setBigUint64(64, BigInt(options.offset ?? 0), true)
  // The kernel follows the address within: one argument more than it takes keeps the name reachable.
  return call('perf_event_open', [attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC, name ?? 0], options.doing)
}

/** Lets the event happen. @throws {EbpfError} */
export function enablePerfEvent(fd: number): void {
  call('ioctl', [fd, PERF_EVENT_IOC_ENABLE, 0])
}

/** Stops the event until it is enabled again. @throws {EbpfError} */
export function disablePerfEvent(fd: number): void {
  call('ioctl', [fd, PERF_EVENT_IOC_DISABLE, 0])
}

/** Runs the program at each occurrence of the event, until the event is closed. */
export function setPerfEventProgram(fd: number, programFd: number): void {
  call('ioctl', [fd, PERF_EVENT_IOC_SET_BPF, programFd])
}
