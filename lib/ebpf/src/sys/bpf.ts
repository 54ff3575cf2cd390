import { EbpfError } from '../error.ts'
import { addressOf, errno, syscall3 } from './libc.ts'
import { SYSCALL } from './syscall.ts'

/** `enum bpf_cmd` (include/uapi/linux/bpf.h). */
export const BPF = {
  MAP_CREATE: 0,
  MAP_LOOKUP_ELEM: 1,
  MAP_UPDATE_ELEM: 2,
  MAP_DELETE_ELEM: 3,
  MAP_GET_NEXT_KEY: 4,
  PROG_LOAD: 5,
  OBJ_PIN: 6,
  OBJ_GET: 7,
  PROG_ATTACH: 8,
  PROG_DETACH: 9,
  PROG_TEST_RUN: 10,
  PROG_GET_NEXT_ID: 11,
  MAP_GET_NEXT_ID: 12,
  PROG_GET_FD_BY_ID: 13,
  MAP_GET_FD_BY_ID: 14,
  OBJ_GET_INFO_BY_FD: 15,
  PROG_QUERY: 16,
  RAW_TRACEPOINT_OPEN: 17,
  BTF_LOAD: 18,
  BTF_GET_FD_BY_ID: 19,
  MAP_LOOKUP_AND_DELETE_ELEM: 21,
  MAP_FREEZE: 22,
  BTF_GET_NEXT_ID: 23,
  MAP_LOOKUP_BATCH: 24,
  MAP_LOOKUP_AND_DELETE_BATCH: 25,
  MAP_UPDATE_BATCH: 26,
  MAP_DELETE_BATCH: 27,
  LINK_CREATE: 28,
  ENABLE_STATS: 32,
  ITER_CREATE: 33,
} as const

/** The number of a command of `bpf(2)`. */
export type BpfCommand = (typeof BPF)[keyof typeof BPF]

/** `union bpf_attr` of 6.18 fits; older kernels take what is longer than theirs while the rest is zero. */
const ATTR_BYTES = 192

/** The verifier gives up with EAGAIN when a signal comes in between; libbpf tries five times too. */
const ATTEMPTS_MAX = 5
const EINTR = 4
const EAGAIN = 11

/**
 * A `union bpf_attr` that is filled once and used again: the hot paths change a word or two and call. Pointers
 * are addresses of views the attr keeps reachable. Little-endian, as both machines are that `SYSCALL` knows.
 */
export class BpfAttr {
  readonly view: DataView
  readonly address: number
  /** Bytes of the union that are in use: what the kernel is told. */
  byteLength = 0
  readonly #keep: ArrayBufferView[] = []

  constructor() {
    this.view = new DataView(new ArrayBuffer(ATTR_BYTES))
    this.address = addressOf(this.view)
  }

  u32(offset: number, value: number): this {
    this.view.setUint32(offset, value, true)
    return this.#used(offset + 4)
  }

  u64(offset: number, value: number | bigint): this {
    this.view.setBigUint64(offset, BigInt(value), true)
    return this.#used(offset + 8)
  }

  /** The address of `view`, or a null pointer. */
  pointer(offset: number, view: ArrayBufferView | undefined): this {
    if (view === undefined) return this.u64(offset, 0)
    this.#keep.push(view)
    return this.u64(offset, addressOf(view))
  }

  /** A NUL-terminated name in a field of `byteLength`; the kernel takes letters, digits, `_` and `.` only. */
  name(offset: number, name: string, byteLength = 16): this {
    const allowed = name.replaceAll(/[^A-Za-z0-9_.]/g, '_').slice(0, byteLength - 1)
    for (let i = 0; i < byteLength; i++) {
      const code = i < allowed.length ? allowed.charCodeAt(i) : 0
      this.view.setUint8(offset + i, code)
    }
    return this.#used(offset + byteLength)
  }

  #used(end: number): this {
    if (end > this.byteLength) this.byteLength = end
    return this
  }
}

/** `bpf(2)` without an exception: -1 on failure, with the reason in `errno()`. */
export function tryBpf(command: BpfCommand, attr: BpfAttr): number {
  return syscall3(SYSCALL.bpf, command, attr.address, attr.byteLength)
}

/**
 * `bpf(2)`: the new descriptor, or 0.
 *
 * @param doing what for, put before the error's message
 * @throws {EbpfError}
 */
export function bpf(command: BpfCommand, attr: BpfAttr, doing?: string): number {
  for (let attempt = 1; ; attempt++) {
    const result = tryBpf(command, attr)
    if (result !== -1) return result
    const error = errno()
    if ((error !== EINTR && error !== EAGAIN) || attempt === ATTEMPTS_MAX)
      throw EbpfError.fromErrno(error, commandName(command), doing)
  }
}

/** `BPF_MAP_CREATE` for 0, for messages. */
export function commandName(command: BpfCommand): string {
  const name = Object.keys(BPF).find((key) => BPF[key as keyof typeof BPF] === command)
  return `BPF_${name ?? command}`
}
