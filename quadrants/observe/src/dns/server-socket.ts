import { statSync } from 'node:fs'
import { EbpfError, type Program, RawSocket, withNetns } from '@quadrant/ebpf'
import type { AskedServer } from './asked-servers.ts'

const UDP = 17

/** The programs for answers over each family. */
export interface DnsPrograms {
  readonly v4: Program
  readonly v6: Program
}

/**
 * Opens the socket for the answers of one server to one address.
 *
 * @param path opens the namespace of the server
 * @returns what the kernel said where it refused; undefined where the namespace is gone: it is not listed the next time
 */
export function openServerSocket(
  path: string,
  { netns, server, local }: AskedServer,
  programs: DnsPrograms,
): RawSocket | string | undefined {
  try {
    return withNetns(path, () => {
      // Between the listing and now the process may have become another.
      if (!isNamespace('/proc/thread-self/ns/net', netns)) return undefined
      const programFd = (server.length === 16 ? programs.v6 : programs.v4).fd
      return new RawSocket({ protocol: UDP, programFd, remote: server, local })
    })
  } catch (error) {
    if (!(error instanceof EbpfError)) throw error
    return error.code === 'not-found' ? undefined : error.message
  }
}

export function isNamespace(path: string, inode: number): boolean {
  return statSync(path, { throwIfNoEntry: false })?.ino === inode
}
