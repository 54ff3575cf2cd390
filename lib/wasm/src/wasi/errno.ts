/** Error numbers of WASI preview 1 (witx: `errno`). */
export const Errno = {
  SUCCESS: 0,
  TOOBIG: 1,
  ACCES: 2,
  ADDRINUSE: 3,
  ADDRNOTAVAIL: 4,
  AFNOSUPPORT: 5,
  AGAIN: 6,
  ALREADY: 7,
  BADF: 8,
  BUSY: 10,
  CONNABORTED: 13,
  CONNREFUSED: 14,
  CONNRESET: 15,
  DQUOT: 19,
  EXIST: 20,
  FAULT: 21,
  FBIG: 22,
  HOSTUNREACH: 23,
  ILSEQ: 25,
  INPROGRESS: 26,
  INTR: 27,
  INVAL: 28,
  IO: 29,
  ISCONN: 30,
  ISDIR: 31,
  LOOP: 32,
  MFILE: 33,
  MLINK: 34,
  NAMETOOLONG: 37,
  NETDOWN: 38,
  NETRESET: 39,
  NETUNREACH: 40,
  NFILE: 41,
  NOBUFS: 42,
  NODEV: 43,
  NOENT: 44,
  NOMEM: 48,
  NOSPC: 51,
  NOSYS: 52,
  NOTCONN: 53,
  NOTDIR: 54,
  NOTEMPTY: 55,
  NOTSOCK: 57,
  NOTSUP: 58,
  NXIO: 60,
  OVERFLOW: 61,
  PERM: 63,
  PIPE: 64,
  ROFS: 69,
  SPIPE: 70,
  TIMEDOUT: 73,
  TXTBSY: 74,
  XDEV: 75,
} as const
export type Errno = (typeof Errno)[keyof typeof Errno]

/** A call of a guest that fails; the guest gets the number. */
export class WasiError extends Error {
  override readonly name = 'WasiError'
  readonly errno: Errno

  constructor(errno: Errno) {
    super(`errno ${errno}`)
    this.errno = errno
  }
}

/** One of each: a new one would walk the guest's stack, and nobody looks where it was thrown. */
const made = new Map<keyof typeof Errno, WasiError>()

/** Fails the guest's call. @throws {WasiError} always */
export function fail(name: keyof typeof Errno): never {
  const error = made.get(name) ?? new WasiError(Errno[name])
  made.set(name, error)
  throw error
}

/** The guest's number for the `code` of a system error of Node; IO for what is none, as the number of an AbortError. */
export function errnoOf(code: unknown): Errno {
  if (typeof code !== 'string') return Errno.IO
  if (code === 'E2BIG') return Errno.TOOBIG
  if (code === 'EOPNOTSUPP' || code === 'ENOTSUP') return Errno.NOTSUP
  const known = Errno[code.slice(1) as keyof typeof Errno] as Errno | undefined
  return known ?? Errno.IO
}
