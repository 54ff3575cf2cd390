import { lookup } from 'node:dns/promises'
import { connect, type Socket } from 'node:net'

/** 0: both. */
export type AddressFamily = 0 | 4 | 6

/** What connections of guests are made with. */
export interface GuestNetwork {
  /** Addresses of a name, the one to try first first. @throws a system error with a `code`, such as ENOTFOUND */
  lookup(name: string, family: AddressFamily): Promise<readonly string[]>
  /** A socket that connects to an address, never to a name. Half open is allowed. */
  connect(address: string, port: number): Socket
}

/** As Go's dialer has it. */
const KEEP_ALIVE_MS = 15_000

/** The machine's own, with its hosts file and name servers. */
export const MACHINE_NETWORK: GuestNetwork = {
  lookup: async (name, family) => {
    const found = await lookup(name, { all: true, family, order: 'verbatim' })
    return found.map(({ address }) => address)
  },
  connect: (address, port) =>
    connect({
      host: address,
      port,
      allowHalfOpen: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
    }),
}
