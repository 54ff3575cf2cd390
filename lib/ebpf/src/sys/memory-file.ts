import { EbpfError } from '../error.ts'
import { cString } from './c-string.ts'
import { closeFd, openFile, writeFd } from './file-descriptor.ts'
import { OwnedFd } from './owned-fd.ts'
import { call } from './syscall.ts'

const MFD_CLOEXEC = 1
/** Since 6.3: without it a host may refuse to execute such files. */
const MFD_EXEC = 0x10

/** A file in memory that can be executed: its `path` is good while this is not disposed of. */
export class MemoryProgram extends OwnedFd {
  /** @throws {EbpfError} `permission` where the host allows no executable memory files (vm.memfd_noexec) */
  constructor(name: string, bytes: Uint8Array) {
    super(readOnlyProgram(name, bytes))
  }

  get path(): string {
    return `/proc/${process.pid}/fd/${this.fd}`
  }
}

/** What is open for writing cannot be executed, so the descriptor that wrote it goes. */
function readOnlyProgram(name: string, bytes: Uint8Array): number {
  const fd = createMemoryFile(name)
  try {
    for (let written = 0; written < bytes.length;) written += writeFd(fd, bytes.subarray(written))
    return openFile(`/proc/self/fd/${fd}`)
  } finally {
    closeFd(fd)
  }
}

function createMemoryFile(name: string): number {
  try {
    return call('memfd_create', [cString(name), MFD_CLOEXEC | MFD_EXEC])
  } catch (error) {
    if (!(error instanceof EbpfError) || error.code !== 'argument') throw error
    return call('memfd_create', [cString(name), MFD_CLOEXEC])
  }
}
