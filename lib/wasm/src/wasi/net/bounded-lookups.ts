import { fail } from '../errno.ts'
import type { GuestNetwork } from './guest-network.ts'

/** Look-ups of one guest at once. They cannot be called back, and all that a process looks up shares a few threads. */
const LOOKUPS_MAX = 16

/** The same network, in which a guest has only so many names looked up at once; more are refused with AGAIN. */
export function boundedLookups(network: GuestNetwork): GuestNetwork {
  let pending = 0
  return {
    lookup: async (name, family) => {
      if (pending >= LOOKUPS_MAX) fail('AGAIN')
      pending++
      try {
        return await network.lookup(name, family)
      } finally {
        pending--
      }
    },
    connect: (address, port) => network.connect(address, port),
  }
}
