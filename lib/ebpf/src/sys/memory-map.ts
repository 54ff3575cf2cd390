import { call } from './syscall.ts'

const PROT_READ = 1
const PROT_WRITE = 2
const MAP_SHARED = 0x01
const MAP_PRIVATE = 0x02
const MAP_FIXED = 0x10
const MAP_ANONYMOUS = 0x20

/** Puts `byteLength` bytes of the file at exactly `address`, in place of what was mapped there. */
export function mapFixed(
  address: number,
  byteLength: number,
  fd: number,
  options: { readonly fdOffset: number; readonly writable: boolean },
): void {
  const protection = options.writable ? PROT_READ | PROT_WRITE : PROT_READ
  call('mmap', [address, byteLength, protection, MAP_SHARED | MAP_FIXED, fd, options.fdOffset])
}

/** Puts fresh zeroed memory at exactly `address`, in place of what was mapped there. */
export function mapAnonymousFixed(address: number, byteLength: number): void {
  const flags = MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS
  call('mmap', [address, byteLength, PROT_READ | PROT_WRITE, flags, -1, 0])
}
