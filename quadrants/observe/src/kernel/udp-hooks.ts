import { cgroupRoot, EbpfError } from '@quadrant/ebpf'
import type { KernelSourceOptions } from './kernel-source.ts'
import type { Programs } from './programs.ts'

const CGROUP_PROGRAMS = [
  'udp_connect4',
  'udp_connect6',
  'udp_sendmsg4',
  'udp_sendmsg6',
  'udp_recvmsg4',
  'udp_recvmsg6',
  'udp_release',
] as const

/**
 * Attaches the hooks that see the peers of UDP sockets to the root of the cgroup hierarchy: all of them, or none.
 *
 * @throws {EbpfError} what the kernel refused; `not-found` when no cgroup v2 hierarchy is mounted
 */
export function attachUdpHooks(
  programs: Programs,
  options: Pick<KernelSourceOptions, 'cgroupRoot' | 'udpPeersMax'>,
): void {
  const root = options.cgroupRoot ?? cgroupRoot()
  if (root === undefined) throw new EbpfError('not-found', 'no cgroup v2 hierarchy is mounted')
  const group = programs.load('udp', {
    prepare(spec) {
      const peers = spec.maps.get('udp_peers')
      if (peers !== undefined) peers.maxEntries = options.udpPeersMax ?? peers.maxEntries
    },
  })
  try {
    for (const name of CGROUP_PROGRAMS) group.attachCgroup(name, root)
  } catch (error) {
    group[Symbol.dispose]()
    throw error
  }
}
