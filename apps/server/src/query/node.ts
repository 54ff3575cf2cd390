import { endNames, formatCoordinate } from '@quadrant/core'
import { Level, protocolName } from '@quadrant/proto'
import type { EdgeRef, EndpointRef } from '../store/store.ts'
import type { AddressNames } from './address-names.ts'

type NodeKind = 'service' | 'process' | 'host' | 'address' | 'other'

/** A place on the map. `id` is its coordinate. */
export interface NodeName {
  readonly id: string
  readonly label: string
  readonly kind: NodeKind
  readonly service: string
  /** Of an address, the likeliest first. */
  readonly names: readonly string[]
}

/** What an end of an edge is called at a level of the map. */
export function nodeName(end: EndpointRef, level: Level, addressNames: AddressNames): NodeName {
  switch (end.kind) {
    case 'address': {
      const names = addressNames.of(end.address)
      return {
        id: formatCoordinate({ kind: 'addr', address: end.address }),
        label: names[0] ?? end.address,
        kind: 'address',
        service: '',
        names,
      }
    }
    case 'other':
      return otherNode(end.reason, '~other')
    case 'ended':
      if (level === Level.PROCESS)
        return {
          ...otherNode(`ended/${end.service}`, `${end.service} (ended processes)`),
          service: end.service,
        }
      return level === Level.HOST ? hostNode(end.host) : serviceNode(end.service)
    case 'process': {
      const { host, key, pid, service } = end.process
      if (level === Level.HOST) return hostNode(host)
      if (level !== Level.PROCESS) return serviceNode(service)
      return {
        id: formatCoordinate({ kind: 'proc', host, key }),
        label: `${service} ${pid}`,
        kind: 'process',
        service,
        names: [],
      }
    }
  }
}

/** Stable: client, server, protocol and port, e.g. `svc:web>svc:db>tcp>5432`. */
export function edgeName(client: string, server: string, { protocol, serverPort }: EdgeRef): string {
  return `${client}>${server}>${protocolName(protocol)}>${serverPort}`
}

export function otherNode(reason: string, label: string): NodeName {
  return { id: formatCoordinate({ kind: 'other', reason }), label, kind: 'other', service: '', names: [] }
}

function serviceNode(service: string): NodeName {
  return {
    id: formatCoordinate({ kind: 'svc', name: service }),
    label: service,
    kind: 'service',
    service,
    names: [],
  }
}

function hostNode(name: string): NodeName {
  return { id: formatCoordinate({ kind: 'host', name }), label: name, kind: 'host', service: '', names: [] }
}

/** Every name that a query may call an end of a stored edge by. */
export function edgeEndNames(end: EndpointRef, addressNames: AddressNames): string[] {
  switch (end.kind) {
    case 'address':
      return [...endNames({ host: '', address: end.address }), ...addressNames.of(end.address)]
    case 'other':
      return ['~other', `other:${end.reason}`]
    case 'ended':
      return endNames({ host: end.host, service: end.service })
    case 'process':
      return endNames({ ...end.process, processKey: end.process.key })
  }
}

export function endHost(end: EndpointRef): string | undefined {
  return end.kind === 'process' ? end.process.host : end.kind === 'ended' ? end.host : undefined
}
