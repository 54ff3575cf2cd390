import { readlinkSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { isUnspecified, parseAddress } from '@quadrant/core'
import type { NetworkNamespace } from '../discover/namespaces.ts'
import { readBounded } from '../profile/read-bounded.ts'

const FILE_BYTES_MAX = 16_384
/** More are not asked by any resolver (MAXNS of glibc's resolv.h). */
const SERVERS_MAX = 3

/**
 * The name servers that resolvers in a namespace ask, by the file of one process that is in it, or the one that
 * `ip netns` puts in its place (ip-netns(8)). Empty where there is none.
 */
export function readNameServers({ path, pid }: NetworkNamespace): Uint8Array[] {
  if (pid === 0) return parseNameServers(readWithin('/', `etc/netns/${basename(path)}/resolv.conf`))
  return parseNameServers(readWithin(join(dirname(dirname(path)), 'root'), 'etc/resolv.conf'))
}

/** The servers of a resolv.conf(5). Those with a zone (`%eth0`) are left out: no record tells of a zone. */
export function parseNameServers(text: string): Uint8Array[] {
  const servers: Uint8Array[] = []
  for (const line of text.split('\n')) {
    const [keyword, value] = line.trim().split(/\s+/, 2)
    if (keyword !== 'nameserver' || value === undefined) continue
    const server = parseAddress(value)
    if (server === undefined || isUnspecified(server)) continue
    servers.push(server)
    if (servers.length === SERVERS_MAX) break
  }
  return servers
}

/** Follows one link, as the process would: to the kernel an absolute one leads out of the root of another process. */
function readWithin(root: string, file: string): string {
  let path = join(root, file)
  try {
    path = join(root, resolve('/', dirname(file), readlinkSync(path)))
  } catch {
    // It is no link, or is not there.
  }
  const bytes = readBounded(path, FILE_BYTES_MAX)
  return bytes === undefined ? '' : Buffer.from(bytes.subarray(0, FILE_BYTES_MAX)).toString('latin1')
}
