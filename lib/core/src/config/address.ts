import { isIPv6 } from 'node:net'
import type { ConfigReader, Place } from './config-reader.ts'
import { type Field, shaped } from './field.ts'
import { text } from './fields.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

/** `host:port`, `[::1]:port`. Undefined, and reported, where it is none. */
export function parseHostPort(value: string): Address | undefined {
  const match = /^(?:\[(?<six>[0-9a-fA-F:.]{2,45})\]|(?<host>[A-Za-z0-9._-]{1,253})):(?<port>\d{1,5})$/.exec(
    value,
  )?.groups
  if (!match) return undefined
  const port = Number(match['port'])
  const six = match['six']
  if (port > 65_535 || (six !== undefined && !isIPv6(six))) return undefined
  return { host: six ?? match['host']!, port }
}

/** Where to listen. */
export function listenAddress(fallback: Address): Field<Address> {
  return shaped(
    { type: '`host:port`', fallback: `${fallback.host}:${fallback.port}` },
    (reader, place, name) => {
      if (place.node === undefined) return fallback
      const value = text(reader, place, name)
      const address = parseHostPort(value)
      if (!address) {
        reader.wrong(
          reader.codes.wrongValue,
          place,
          `\`${name}\` is host:port`,
          `${name}: ${fallback.host}:${fallback.port}`,
        )
        return fallback
      }
      return address
    },
  )
}

/** Warns where everybody on the network can reach what has no client certificates. */
export function warnWhereExposed(
  reader: ConfigReader,
  place: Place,
  { host, port }: Address,
  isMutual: boolean,
): void {
  if (isMutual || host === 'localhost' || host.startsWith('127.') || host === '::1') return
  reader.report(
    'warning',
    reader.codes.exposed,
    place,
    `${host}:${port} can be reached from other machines, and asks nobody who they are`,
    `endpoint: 127.0.0.1:${port}, or tls: with client_ca_file`,
  )
}
