import { MAP_FIELDS, REQUEST_FIELDS, formatDiagnostic, parseFieldQuery } from '@quadrant/core'
import { GetMapResponseSchema, Level, type GetMapResponse } from '@quadrant/proto'
import { usageError } from '../cli-error.ts'
import { callError, connectServer } from '../client/connect.ts'
import { note, type Context } from '../context.ts'
import type { Format } from '../output/format.ts'
import { jsonDocument, jsonEncoder, jsonLine } from '../output/json.ts'
import { liveMap } from './live-map.ts'
import { liveRoutes, topRoutes } from './routes.ts'
import { topText, type TopSort } from './top-text.ts'
import { topWindow, windowWords, type WindowFlags } from './window.ts'

export interface TopFlags extends WindowFlags {
  readonly by: 'edges' | 'services' | 'routes'
  readonly sort: TopSort
  readonly level: 'service' | 'process' | 'host'
  readonly rows?: number
  readonly query?: string
  readonly output: Format
  readonly data?: string
}

const LEVELS = { service: Level.SERVICE, process: Level.PROCESS, host: Level.HOST } as const

export async function runTop(context: Context, flags: TopFlags): Promise<void> {
  const { by } = flags
  const { diagnostics } = parseFieldQuery(flags.query ?? '', by === 'routes' ? REQUEST_FIELDS : MAP_FIELDS)
  if (diagnostics[0])
    throw usageError(`the query cannot be read\n${formatDiagnostic(diagnostics[0], flags.query)}`)
  const nowMs = context.now()
  const window = topWindow(flags, nowMs)
  const server = connectServer(context, flags.data)
  const asked = { level: LEVELS[flags.level], query: flags.query ?? '' }
  const asJson = flags.output === 'json' || flags.output === 'jsonl'
  if (context.stdout.isTTY && !asJson && window.kind === 'sliding') {
    const windowSeconds = window.seconds
    if (by === 'routes') await liveRoutes(server, { ...asked, windowSeconds }, flags, context)
    else await liveMap(server, { ...asked, windowSeconds, withMap: true }, { ...flags, by }, context)
    return
  }
  const range =
    window.kind === 'range'
      ? { startNs: window.startMs * 1e6, endNs: window.endMs * 1e6 }
      : { startNs: nowMs * 1e6 - window.seconds * 1e9, endNs: 0 }
  if (by === 'routes') {
    await topRoutes(server, { range, ...asked }, flags, context)
    return
  }
  let map: GetMapResponse
  try {
    map = await server.client.getMap({ range, ...asked }, { signal: context.signal, timeoutMs: 10_000 })
  } catch (error) {
    throw callError(error, server, context)
  }
  if (asJson) {
    const json = jsonEncoder(GetMapResponseSchema)(map)
    context.stdout.write(flags.output === 'json' ? jsonDocument(json) : jsonLine(json))
    return
  }
  context.stdout.write(
    topText(map, {
      ...flags,
      by,
      wide: flags.output === 'wide',
      paint: context.paint,
      columns: flags.output === 'wide' ? undefined : context.stdout.columns,
      rows: flags.rows,
    }),
  )
  if (map.edges.length === 0) note(context, `nothing talked ${windowWords(window)}`)
}
