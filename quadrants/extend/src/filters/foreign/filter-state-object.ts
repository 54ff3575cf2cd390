import { isIP } from 'node:net'
import type { AttributeValue } from './attribute-value.ts'

/** Of an object that gives nothing to read the value is undefined. */
interface StateObject {
  readonly value: AttributeValue | undefined
}

type MakeObject = (text: string) => StateObject | undefined

const anyText: MakeObject = (text) => ({ value: text })

/** Read as `absl::SimpleAtob` reads it. */
const bool: MakeObject = (text) => {
  if (/^(true|t|yes|y|1)$/i.test(text)) return { value: 'true' }
  return /^(false|f|no|n|0)$/i.test(text) ? { value: 'false' } : undefined
}

/** Read as `absl::SimpleAtoi` reads it: spaces around it do not count. */
const unsigned =
  (bits: number): MakeObject =>
  (text) => {
    const digits = /^[ \t\n\v\f\r]*\+?(\d{1,20})[ \t\n\v\f\r]*$/.exec(text)?.[1]
    if (digits === undefined || BigInt(digits) >> BigInt(bits) !== 0n) return undefined
    return { value: BigInt(digits).toString() }
  }

const ipAddress: MakeObject = (text) => {
  const family = isIP(text)
  if (family === 0) return undefined
  return { value: family === 6 ? `[${text}]:0` : `${text}:0` }
}

/** Its fields can be read, but not listed. */
const socketAddress: MakeObject = (text) => {
  const [, v6, v4, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? []
  const ip = v6 ?? v4
  if (ip === undefined || isIP(ip) !== (v6 === undefined ? 4 : 6) || Number(port) > 0xffff) return undefined
  const fields = new Map<string, AttributeValue>([
    ['ip', ip],
    ['port', Number(port)],
  ])
  return { value: { kind: 'map', get: (key) => fields.get(key), entries: () => [] } }
}

/** Objects that Envoy 1.40 makes of text, and what it makes of it: tried on it one by one. */
const OBJECTS: ReadonlyMap<string, MakeObject> = new Map<string, MakeObject>([
  ['envoy.string', anyText],
  ['envoy.hashable_string', anyText],
  ['envoy.bool', bool],
  ['envoy.tcp_proxy.cluster', anyText],
  ['envoy.tcp_proxy.disable_tunneling', (text) => ({ value: `${text === 'true'}` })],
  ['envoy.tcp_proxy.per_connection_idle_timeout_ms', unsigned(64)],
  ['envoy.upstream.dynamic_host', anyText],
  ['envoy.upstream.dynamic_port', unsigned(32)],
  ['envoy.ratelimit.hits_addend', unsigned(32)],
  ['envoy.network.upstream_server_name', anyText],
  ['envoy.network.upstream_subject_alt_names', anyText],
  ['envoy.network.application_protocols', () => ({ value: undefined })],
  ['envoy.network.network_namespace', anyText],
  ['envoy.network.ip', ipAddress],
  ['envoy.network.transport_socket.original_dst_address', socketAddress],
  ['envoy.filters.listener.original_dst.local_ip', socketAddress],
  ['envoy.filters.listener.original_dst.remote_ip', socketAddress],
])

export function filterStateObject(key: string, text: string): StateObject | 'unknown' | 'malformed' {
  const make = OBJECTS.get(key)
  return make === undefined ? 'unknown' : (make(text) ?? 'malformed')
}
