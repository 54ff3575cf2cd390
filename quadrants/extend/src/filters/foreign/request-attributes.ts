import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { AttributeSource, StreamSource } from './attribute-source.ts'
import type { AttributeValue } from './attribute-value.ts'
import { headersValue } from './header-attributes.ts'

type Find = (headers: HeaderMap | undefined, stream: StreamSource) => AttributeValue | undefined

const field =
  (name: string): Find =>
  (headers) =>
    headers?.get(name)

const REQUEST: ReadonlyMap<string, Find> = new Map<string, Find>([
  ['path', field(':path')],
  ['host', field(':authority')],
  ['scheme', field(':scheme')],
  ['method', field(':method')],
  ['referer', field('referer')],
  ['useragent', field('user-agent')],
  ['id', field('x-request-id')],
  ['url_path', (headers) => headers && (headers.get(':path') ?? '').split('?', 1)[0]],
  ['query', (headers) => headers && queryOf(headers.get(':path') ?? '')],
  ['headers', (headers) => headersValue(headers)],
  ['headers_bytes', (headers) => headers?.byteLength ?? 0],
  ['protocol', (_, { info }) => (info.protocol === '' ? undefined : info.protocol)],
  ['time', (_, { info }) => ({ kind: 'timestamp', value: nanoseconds(info.startTimeMs) })],
  ['size', (headers, { info }) => contentLength(headers) ?? info.requestBodyBytes],
  ['total_size', (headers, { info }) => info.requestBodyBytes + (headers?.byteLength ?? 0)],
  ['duration', (_, { info }) => duration(info.durationNs)],
])

export function requestAttribute({ stream }: AttributeSource, name: string): AttributeValue | undefined {
  return stream && REQUEST.get(name)?.(stream.requestHeaders(), stream)
}

export function duration(ns: number | undefined): AttributeValue | undefined {
  return ns === undefined ? undefined : { kind: 'duration', value: BigInt(Math.round(ns)) }
}

/** What is between the question mark and a fragment. */
function queryOf(path: string): string {
  const start = path.indexOf('?')
  return start === -1 ? '' : (path.slice(start + 1).split('#', 1)[0] ?? '')
}

/** As the client says it, if it does. */
function contentLength(headers: HeaderMap | undefined): number | undefined {
  const text = headers?.get('content-length')
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

/** Apart from its fraction the number of milliseconds × 10⁶ is no safe integer. */
function nanoseconds(ms: number): bigint {
  const whole = Math.floor(ms)
  return BigInt(whole) * 1_000_000n + BigInt(Math.round((ms - whole) * 1e6))
}
