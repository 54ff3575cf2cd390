import { GetMapResponseSchema, Level, type GetMapResponse } from '@quadrant/proto'
import { usageError } from '../cli-error.ts'
import { callError, connectServer } from '../client/connect.ts'
import { note, type Context } from '../context.ts'
import type { Format } from '../output/format.ts'
import { jsonDocument, jsonEncoder, jsonLine } from '../output/json.ts'
import { MAP_FIELDS, formatDiagnostic, parseFieldQuery } from '@quadrant/core'
import { liveTop } from './live.ts'
import { topText, type TopSort } from './top-text.ts'

export interface TopFlags {
  readonly by: 'edges' | 'services'
  readonly sort: TopSort
  readonly level: 'service' | 'process' | 'host'
  /** Seconds. */
  readonly window: number
  readonly rows?: number
  readonly query?: string
  readonly output: Format
  readonly data?: string
}

const LEVELS = { service: Level.SERVICE, process: Level.PROCESS, host: Level.HOST } as const

export async function runTop(context: Context, flags: TopFlags): Promise<void> {
  const { diagnostics } = parseFieldQuery(flags.query ?? '', MAP_FIELDS)
  if (diagnostics[0])
    throw usageError(`the query cannot be read\n${formatDiagnostic(diagnostics[0], flags.query)}`)
  const server = connectServer(context, flags.data)
  const request = {
    level: LEVELS[flags.level],
    query: flags.query ?? '',
    windowSeconds: flags.window,
    withMap: true,
  }
  if (context.stdout.isTTY && flags.output !== 'json' && flags.output !== 'jsonl') {
    await liveTop(server, request, flags, context)
    return
  }
  let map: GetMapResponse
  try {
    const nowNs = context.now() * 1e6
    map = await server.client.getMap(
      {
        range: { startNs: nowNs - flags.window * 1e9, endNs: 0 },
        level: request.level,
        query: request.query,
      },
      { signal: context.signal, timeoutMs: 10_000 },
    )
  } catch (error) {
    throw callError(error, server, context)
  }
  if (flags.output === 'json' || flags.output === 'jsonl') {
    const json = jsonEncoder(GetMapResponseSchema)(map)
    context.stdout.write(flags.output === 'json' ? jsonDocument(json) : jsonLine(json))
    return
  }
  context.stdout.write(
    topText(map, {
      ...flags,
      wide: flags.output === 'wide',
      paint: context.paint,
      columns: undefined,
      rows: flags.rows,
    }),
  )
  if (map.edges.length === 0) note(context, `nothing talked in the last ${flags.window} s`)
}
