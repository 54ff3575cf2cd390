import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'

/** Services of the shop; each has its script in service/. */
export const SERVICES = [
  'ledger',
  'cache',
  'names',
  'catalog',
  'cart',
  'payments',
  'recommendations',
  'storefront',
  'shoppers',
] as const
export type ServiceName = (typeof SERVICES)[number]

export interface ServiceAddress {
  readonly host: '127.0.0.1' | '::1'
  readonly port: number
}
export type ShopAddresses = Readonly<Record<ServiceName, ServiceAddress>>

/** These talk over IPv6, where the host has it. */
const OVER_IPV6 = new Set<ServiceName>(['cart', 'ledger'])

/** A free port for each service, all held open together so that no two are the same. */
export async function freeAddresses(): Promise<ShopAddresses> {
  const hasIpv6 = await canListen('::1')
  const probes = SERVICES.map((name) => ({
    name,
    host: OVER_IPV6.has(name) && hasIpv6 ? ('::1' as const) : ('127.0.0.1' as const),
    server: createServer(),
  }))
  try {
    const entries: [ServiceName, ServiceAddress][] = []
    for (const { name, host, server } of probes) {
      server.listen({ host, port: 0 })
      await once(server, 'listening')
      entries.push([name, { host, port: (server.address() as AddressInfo).port }])
    }
    return Object.fromEntries(entries) as ShopAddresses
  } finally {
    for (const { server } of probes) server.close()
  }
}

async function canListen(host: string): Promise<boolean> {
  const server = createServer()
  try {
    server.listen({ host, port: 0 })
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
