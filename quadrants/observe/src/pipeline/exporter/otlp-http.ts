import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { type Dispatcher, request } from 'undici'
import { encodeJson } from '../json/encode-json.ts'
import { HTTP_PATHS, type Signal } from '../signal.ts'
import { sentOutcome } from './response.ts'
import type { Outcome, Sender } from './sender.ts'

export interface OtlpHttpOptions {
  /** Base address, to which `/v1/traces` and `/v1/metrics` are added. */
  readonly endpoint: string
  /** Whole addresses that take the place of the base for one signal. */
  readonly endpoints: Partial<Readonly<Record<Signal, string>>>
  readonly headers: ReadonlyMap<string, string>
  readonly isGzip: boolean
  readonly isJson: boolean
  /** For one attempt. */
  readonly timeoutMs: number
  /** Connections and TLS settings. */
  readonly dispatcher: Dispatcher
  /** Milliseconds of the Unix epoch. */
  readonly nowMs: () => number
}

/** Those after which the same request may succeed (OTLP specification, "OTLP/HTTP response"). */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504])
/** What is read of an answer. */
const ANSWER_BYTES_MAX = 64 << 10
const MESSAGE_LENGTH_MAX = 200
/** `Sun, 06 Nov 1994 08:49:37 GMT`, the form that senders must use. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

const compress = promisify(gzip)

/** A client of a backend's OTLP/HTTP. */
export function otlpHttpSender(options: OtlpHttpOptions): Sender {
  const { isGzip, isJson, timeoutMs, dispatcher } = options
  const headers: Record<string, string> = {
    'user-agent': 'Quadrant-OTLP-Exporter',
    ...Object.fromEntries(options.headers),
    'content-type': isJson ? 'application/json' : 'application/x-protobuf',
    ...(isGzip ? { 'content-encoding': 'gzip' } : {}),
  }
  return {
    async send(parcel, signal): Promise<Outcome> {
      try {
        const plain = isJson ? Buffer.from(JSON.stringify(encodeJson(parcel.content()))) : parcel.bytes
        const body = isGzip ? await compress(plain) : plain
        const response = await request(addressOf(options, parcel.signal), {
          method: 'POST',
          headers,
          body,
          dispatcher,
          signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        })
        const answer = await readAnswer(response.body)
        const { statusCode } = response
        if (statusCode >= 200 && statusCode < 300) {
          const isProtobuf = String(response.headers['content-type']).startsWith('application/x-protobuf')
          return isProtobuf ? sentOutcome(parcel.signal, answer) : sentJson(parcel.signal, answer)
        }
        const message = `HTTP ${statusCode}: ${printable(answer)}`
        if (!RETRYABLE.has(statusCode)) return { kind: 'refused', reason: `http-${statusCode}`, message }
        const afterMs = retryAfterMs(response.headers['retry-after'], options.nowMs())
        return { kind: 'retry', message, ...(afterMs === undefined ? {} : { afterMs }) }
      } catch (error) {
        return { kind: 'retry', message: error instanceof Error ? error.message : String(error) }
      }
    },
    [Symbol.asyncDispose]: () => dispatcher.close(),
  }
}

/** Seconds or a date (RFC 9110, section 10.2.3), in milliseconds from now. */
export function retryAfterMs(header: string | string[] | undefined, nowMs: number): number | undefined {
  if (typeof header !== 'string') return undefined
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000
  // Date.parse alone takes nearly anything for a date.
  if (!HTTP_DATE.test(header.trim())) return undefined
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs)
}

function addressOf({ endpoint, endpoints }: OtlpHttpOptions, signal: Signal): string {
  return endpoints[signal] ?? `${endpoint.replace(/\/$/, '')}${HTTP_PATHS[signal]}`
}

async function readAnswer(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    // The rest is read and thrown away with the connection.
    if (bytes > ANSWER_BYTES_MAX) break
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function sentJson(signal: Signal, answer: Buffer): Outcome {
  try {
    const { partialSuccess } = JSON.parse(answer.toString()) as {
      partialSuccess?: { rejectedSpans?: unknown; rejectedDataPoints?: unknown; errorMessage?: unknown }
    }
    const rejected = Number(
      (signal === 'traces' ? partialSuccess?.rejectedSpans : partialSuccess?.rejectedDataPoints) ?? 0,
    )
    return {
      kind: 'sent',
      rejectedCount: Number.isSafeInteger(rejected) ? rejected : 0,
      message: typeof partialSuccess?.errorMessage === 'string' ? partialSuccess.errorMessage : '',
    }
  } catch {
    return { kind: 'sent', rejectedCount: 0, message: '' }
  }
}

/** Foreign text for a log line. */
function printable(answer: Buffer): string {
  return answer
    .toString('latin1')
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, MESSAGE_LENGTH_MAX)
}
