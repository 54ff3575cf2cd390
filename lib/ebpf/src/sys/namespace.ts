import { EbpfError } from '../error.ts'
import { closeFd, openFile } from './file-descriptor.ts'
import { call } from './syscall.ts'

const CLONE_NEWNET = 0x40000000

/** Opened once a thread, so that the way back needs no file and cannot fail for want of a descriptor. */
let ownNetns: number | undefined

/**
 * Runs `body` with this thread in the network namespace at `path` (`/proc/PID/ns/net`, `/run/netns/NAME`) and
 * comes back. `body` must be synchronous: an await would leave other work in the foreign namespace.
 *
 * @throws {EbpfError} `not-found` when the process is gone, `permission` without CAP_SYS_ADMIN
 */
export function withNetns<T>(path: string, body: () => T): T {
  ownNetns ??= openFile('/proc/thread-self/ns/net')
  const fd = openFile(path)
  try {
    call('setns', [fd, CLONE_NEWNET], `enter ${path}`)
  } finally {
    closeFd(fd)
  }
  try {
    const result = body()
    if (result instanceof Promise)
      throw new EbpfError('argument', 'withNetns takes a function that does not wait')
    return result
  } finally {
    call('setns', [ownNetns, CLONE_NEWNET], 'return to the own network namespace')
  }
}
