import { Errno, errnoOf, WasiError } from '../errno.ts'

/** What a guest asked for and waits for by poll_oneoff. */
export interface Pending {
  /** INPROGRESS until it is SUCCESS or what went wrong. */
  readonly status: Errno
}

/** What the resolver says of names (getaddrinfo(3)): neither is a number of preview 1. */
const NAME_ERRORS: Readonly<Record<string, Errno>> = {
  ENOTFOUND: Errno.NOENT,
  ENODATA: Errno.NOENT,
  EAI_NODATA: Errno.NOENT,
  EAI_AGAIN: Errno.AGAIN,
  EAI_MEMORY: Errno.NOMEM,
}

/** The number for what a look-up or a connection failed with. */
export function networkErrno(error: unknown): Errno {
  if (error instanceof WasiError) return error.errno
  const { code } = error as NodeJS.ErrnoException
  // The system's own refusal is not that of a rule.
  if (code === 'EACCES') return Errno.PERM
  return NAME_ERRORS[code ?? ''] ?? errnoOf(code)
}
