import type { GetMapResponse, WatchRequest } from '@quadrant/proto'
import type { Server } from '../client/connect.ts'
import type { Context } from '../context.ts'
import { bodyLines, showLive, type Frame } from './live.ts'
import type { TopFlags } from './run.ts'
import { topText, type TopTextOptions } from './top-text.ts'

/** `quadrant top` of edges or services on a terminal: drawn anew as the server tells what has changed. @throws CliError */
export function liveMap(
  server: Server,
  request: Pick<WatchRequest, 'level' | 'query' | 'windowSeconds' | 'withMap'>,
  flags: TopFlags & Pick<TopTextOptions, 'by'>,
  context: Context,
): Promise<void> {
  async function* frames(client: Server['client'], signal: AbortSignal): AsyncGenerator<Frame> {
    for await (const { map } of client.watch(request, { signal }))
      if (map) yield { title: title(map), body: () => text(map) }
  }

  function title({ ageSeconds }: GetMapResponse): string {
    const age = ageSeconds < 0 ? 'none yet' : `${ageSeconds.toFixed(1)} s old`
    return `top by ${flags.sort}, last ${request.windowSeconds} s   data ${age}`
  }

  function text(map: GetMapResponse): string {
    return topText(map, {
      ...flags,
      wide: flags.output === 'wide',
      paint: context.paint,
      columns: context.stdout.columns,
      // A line for the heads of the columns, and one for what is left out.
      rows: flags.rows ?? Math.max(1, bodyLines(context) - 2),
    })
  }

  return showLive(server, { frames, data: flags.data }, context)
}
