import koffi from 'koffi'
import { EbpfError } from '../error.ts'

/**
 * The whole foreign-function surface: `syscall(2)`, `errno` and the address of a buffer. Everything else in
 * this folder is TypeScript over these three, so a second back end (node:ffi) has three functions to offer.
 *
 * Addresses are plain numbers: user space ends far below 2^53 on every 64-bit machine, and numbers cost no
 * allocation.
 */
const libc = koffi.load(null)

type Syscall3 = (number: number, a: number, b: number, c: number) => number
type Syscall6 = (number: number, a: number, b: number, c: number, d: number, e: number, f: number) => number

/** A system call of up to three arguments: -1 on failure, with the reason in `errno()`. ~120 ns. */
export const syscall3: Syscall3 = bind(3)

/** A system call of up to six arguments. Thirty nanoseconds dearer than `syscall3`. */
export const syscall6: Syscall6 = bind(6)

/** The error number of the last system call; read it before making another. */
export function errno(): number {
  return koffi.errno()
}

/**
 * The address of the view's first byte. Stays right for as long as the view is reachable: asking for it moves
 * the bytes off V8's heap for good. The caller keeps the view alive while the kernel may use the address.
 */
export function addressOf(view: ArrayBufferView): number {
  // An empty view has no address to speak of, and the kernel wants a null pointer for "nothing".
  return view.byteLength === 0 ? 0 : Number(koffi.address(view))
}

function bind(argumentCount: 3 | 6) {
  const signature = Array.from({ length: argumentCount + 1 }, () => 'int64')
  try {
    return libc.func('syscall', 'int64', signature)
  } catch (cause) {
    // Reading objects and BTF works anywhere; only touching a kernel needs Linux.
    return (): never => {
      throw new EbpfError('unsupported', `no system calls on ${process.platform}`, { cause })
    }
  }
}
