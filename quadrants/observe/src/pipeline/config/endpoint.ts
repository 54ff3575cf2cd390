import { isIPv6 } from 'node:net'
import { PipelineCode } from './codes.ts'
import type { ConfigReader, Place } from './config-reader.ts'
import { type Field, text } from './fields.ts'
import type { Address } from './spec.ts'

/** `host:port`, `[::1]:port`. Undefined, and reported, where it is none. */
export function parseAddress(value: string): Address | undefined {
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
  return (reader, place, name) => {
    if (place.node === undefined) return fallback
    const value = text(reader, place, name)
    const address = parseAddress(value)
    if (!address) {
      reader.wrong(
        PipelineCode.wrongValue,
        place,
        `\`${name}\` is host:port`,
        `${name}: ${fallback.host}:${fallback.port}`,
      )
      return fallback
    }
    return address
  }
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
    PipelineCode.exposed,
    place,
    `${host}:${port} can be reached from other machines, and asks nobody who they are`,
    `endpoint: 127.0.0.1:${port}, or tls: with client_ca_file`,
  )
}

/** An address with a scheme. */
export const url: Field<string> = (reader, place, name) => {
  const value = text(reader, place, name)
  if (value === '') return value
  const parsed = URL.parse(value)
  if (parsed && (parsed.protocol === 'http:' || parsed.protocol === 'https:') && parsed.hostname !== '')
    return value
  const withScheme = /^[\w.-]+:\d+$/.test(value) ? `http://${value}` : 'http://127.0.0.1:4318'
  reader.wrong(
    PipelineCode.wrongValue,
    place,
    `\`${name}\` is an http:// or https:// address`,
    `${name}: ${withScheme}`,
  )
  return ''
}
