import { PipelineError } from '../pipeline-error.ts'

/** Fields that OTLP/JSON writes in hexadecimal where the JSON form of Protocol Buffers has base64. */
const ID_FIELDS: ReadonlySet<string> = new Set(['traceId', 'spanId', 'parentSpanId'])

/** Objects and lists within each other. */
const DEPTH_MAX = 200

/** Rewrites every id in place. Attributes are lists of `key` and `value`, so that no name of a user's is taken for one. */
export function rewriteIds(json: unknown, rewrite: (id: string) => string, depth = 0): unknown {
  if (typeof json !== 'object' || json === null) return json
  if (depth > DEPTH_MAX) throw new PipelineError('malformed', `more than ${DEPTH_MAX} levels of JSON`)
  if (Array.isArray(json)) {
    for (const entry of json) rewriteIds(entry, rewrite, depth + 1)
    return json
  }
  const fields = json as Record<string, unknown>
  for (const [name, value] of Object.entries(fields))
    if (ID_FIELDS.has(name) && typeof value === 'string') fields[name] = rewrite(value)
    else rewriteIds(value, rewrite, depth + 1)
  return json
}
