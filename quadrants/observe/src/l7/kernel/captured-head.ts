import { type KeptHeader, redactHeaders } from '../redaction/redact-headers.ts'
import { redactTarget } from '../redaction/redact-target.ts'
import type { SecretNames } from '../redaction/secret-names.ts'

/** Fields of one head; no server takes more. */
const FIELDS_MAX = 256
/** W3C Trace Context, level 1, section 3.2. */
const TRACE_PARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/

/** The trace that a request belongs to. */
export interface TraceParent {
  /** 32 and 16 hexadecimal digits, neither all zeros. */
  readonly traceId: string
  readonly spanId: string
  readonly flags: number
}

/** A message's head without secrets; it may end anywhere. */
export interface ParsedHead {
  /** Of a request; of a response its version. */
  readonly method: string
  /** Of a request; of a response its status. */
  readonly target: string
  /** The target as it was sent, up to its query: routes are made of it, and it is told to nobody. */
  readonly path: string
  readonly fields: readonly KeptHeader[]
  /** Fields that are not among them. */
  readonly omitted: number
  readonly traceParent: TraceParent | undefined
}

/**
 * Reads a head and takes the secrets out of it. A line that is no field is left out.
 *
 * @param text bytes as letters (latin1)
 */
export function parseHead(text: string, secrets: SecretNames): ParsedHead {
  const [startLine = '', ...lines] = text.split(/\r?\n/)
  const fields: (readonly [name: string, value: string])[] = []
  let traceParent: TraceParent | undefined
  for (const line of lines.slice(0, FIELDS_MAX)) {
    const colon = line.indexOf(':')
    // A line that begins with a blank goes on with the one before (RFC 9112, 5.2), which may be a secret.
    if (colon <= 0 || line.startsWith(' ') || line.startsWith('\t')) continue
    const name = line.slice(0, colon).trim()
    const value = line.slice(colon + 1).trim()
    fields.push([name, value])
    if (name.toLowerCase() === 'traceparent') traceParent ??= parseTraceParent(value)
  }
  const [method = '', target = ''] = startLine.split(' ')
  const kept = redactHeaders(fields, secrets)
  const path = withoutQuery(target)
  return { method, target: redactTarget(target, secrets), path, ...kept, traceParent }
}

/** What of a target routes are made of. */
export function withoutQuery(target: string): string {
  return /^[^?#]*/.exec(target)![0]
}

/** Undefined where it is none that is valid. */
export function parseTraceParent(value: string): TraceParent | undefined {
  const [, traceId, spanId, flags] = TRACE_PARENT.exec(value) ?? []
  if (traceId === undefined || spanId === undefined || value.startsWith('ff')) return undefined
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  return { traceId, spanId, flags: Number.parseInt(flags!, 16) }
}
