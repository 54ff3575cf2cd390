import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'

/** What a `traceparent` says (W3C Trace Context, level 2). */
export interface TraceParent {
  /** 32 digits, in lower case. */
  readonly traceId: string
  /** 16 digits, in lower case. */
  readonly spanId: string
  readonly flags: number
}

/** Whoever sends it has recorded its span. */
export const SAMPLED = 0x01

/** Later versions may have more behind the flags, never less in front of them. */
const PARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const NO_TRACE = '0'.repeat(32)
const NO_SPAN = '0'.repeat(16)
const PARENT_LENGTH_MAX = 512
/** Of `tracestate`, which every proxy has to hand on (3.3.1.5): what is longer is dropped whole. */
const STATE_LENGTH_MAX = 4096

/** Undefined where there is none, or several, or one that breaks the rules: then a trace begins (3.2.2.5). */
export function readTraceParent(headers: HeaderMap): TraceParent | undefined {
  const value = headers.get('traceparent')
  if (value === undefined || value.length > PARENT_LENGTH_MAX) return undefined
  const match = PARENT.exec(value)
  if (match === null) return undefined
  const [, version, traceId = '', spanId = '', flags = '', more] = match
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined
  if (traceId === NO_TRACE || spanId === NO_SPAN) return undefined
  if (headers.getAll('traceparent').length > 1) return undefined
  return { traceId, spanId, flags: Number.parseInt(flags, 16) }
}

/** All of `tracestate`, or nothing. */
export function readTraceState(headers: HeaderMap): string {
  if (!headers.has('tracestate')) return ''
  const state = headers.getAll('tracestate').join(',')
  return state.length > STATE_LENGTH_MAX ? '' : state
}

/** As version 00, which is what this gateway knows. */
export function writeTraceParent(traceId: string, spanId: string, isSampled: boolean): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`
}
