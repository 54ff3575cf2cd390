import type { Explanation } from './explanation.ts'

/** Error names that a failed connect shows, in words of the person who looks for the cause. */
export const ERRNO_EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  ECONNREFUSED: {
    title: 'connection refused',
    text: 'The host answered with a reset: nothing listens on that port there, or a firewall rejects it. The service is down or not yet up.',
  },
  ETIMEDOUT: {
    title: 'timed out',
    text: 'Nothing answered: the host is away, or a firewall drops packets without a word. Retransmits on the same edge point to the network.',
  },
  ECONNRESET: {
    title: 'connection reset by the other end',
    text: 'The other end closed with a reset: it crashed, closed with data unread, or a middle box cut the connection.',
  },
  EHOSTUNREACH: {
    title: 'no route to host',
    text: 'A router, or this host, knows no way there; on the same network nobody answers ARP or neighbour discovery.',
  },
  ENETUNREACH: {
    title: 'network is unreachable',
    text: 'This host has no route to that network. Typical for IPv6 addresses on a host without IPv6.',
  },
  EADDRNOTAVAIL: {
    title: 'address not available',
    text: 'No local port is left for that destination (many connections in TIME_WAIT), or the address is not of this host.',
  },
  ECONNABORTED: {
    title: 'connection aborted',
    text: 'The connection was given up before it was established or accepted.',
  },
  EPIPE: {
    title: 'the other end is closed',
    text: 'The service wrote to a connection whose other end was closed already.',
  },
}
