import { setTimeout as sleep } from 'node:timers/promises'
import type { WatchRequest } from '@quadrant/proto'
import { callError, connectServer, isAway, type Server } from '../client/connect.ts'
import type { Context } from '../context.ts'
import type { TopFlags } from './run.ts'
import { topText, type TopTextOptions } from './top-text.ts'

/** The alternate screen keeps what was on the terminal; the cursor hides while we draw. */
const ENTER = '\x1b[?1049h\x1b[?25l'
const LEAVE = '\x1b[?25h\x1b[?1049l'
const REDRAW = '\x1b[H'
const CLEAR_LINE_END = '\x1b[K'
const CLEAR_BELOW = '\x1b[J'
const HEADER_LINES = 3
const FRAME_MS_MIN = 900
const RETRY_MS = 1000

/** Draws until q, Ctrl-C, or the end of the terminal; goes on over a restart of the server. @throws CliError where it never answers */
export async function liveTop(
  server: Server,
  request: Pick<WatchRequest, 'level' | 'query' | 'windowSeconds' | 'withMap'>,
  flags: TopFlags & Pick<TopTextOptions, 'by'>,
  context: Context,
): Promise<void> {
  const quit = new AbortController()
  const signal = AbortSignal.any([context.signal, quit.signal])
  let current = server
  let entered = false
  let drawnMs = 0
  using _keys = listenForKeys(context, () => quit.abort())
  try {
    for (;;) {
      try {
        for await (const { map } of current.client.watch(request, { signal })) {
          if (!map || context.now() - drawnMs < FRAME_MS_MIN) continue
          drawnMs = context.now()
          if (!entered) context.stdout.write(ENTER)
          entered = true
          draw(
            `top by ${flags.sort}, last ${request.windowSeconds} s   data ${
              map.ageSeconds < 0 ? 'none yet' : `${map.ageSeconds.toFixed(1)} s old`
            }   q ends`,
            topText(map, {
              ...flags,
              wide: flags.output === 'wide',
              paint: context.paint,
              columns: context.stdout.columns,
              rows: flags.rows ?? Math.max(1, (context.stdout.rows ?? 24) - HEADER_LINES - 2),
            }),
          )
        }
      } catch (error) {
        if (!signal.aborted && (!entered || !isAway(error))) throw callError(error, current, context)
      }
      if (signal.aborted) return
      if (entered) draw('the server went away; waiting for it to come back   q ends', '')
      await sleep(RETRY_MS, undefined, { signal }).catch(() => {})
      try {
        current = connectServer(context, flags.data)
      } catch {
        // Not written yet: the next round looks again.
      }
    }
  } finally {
    if (entered) context.stdout.write(LEAVE)
  }

  function draw(header: string, body: string): void {
    const lines = [context.paint('bold', header), '', ...body.split('\n')]
    context.stdout.write(REDRAW + lines.map((line) => line + CLEAR_LINE_END).join('\n') + CLEAR_BELOW)
  }
}

interface RawInput {
  readonly isTTY?: boolean
  setRawMode?(raw: boolean): void
}

function listenForKeys(context: Context, onQuit: () => void): Disposable {
  const stdin = context.stdin as typeof context.stdin & RawInput
  if (!stdin.isTTY || !stdin.setRawMode) return { [Symbol.dispose]: () => {} }
  const onData = (data: Buffer | string) => {
    const keys = data.toString()
    // Raw mode hands Ctrl-C over as a byte.
    if (keys.includes('\x03')) {
      context.process.exitCode = 130
      onQuit()
    } else if (keys.includes('q')) onQuit()
  }
  stdin.setRawMode(true)
  stdin.on('data', onData)
  stdin.resume()
  return {
    [Symbol.dispose]: () => {
      stdin.off('data', onData)
      stdin.pause()
      stdin.setRawMode?.(false)
    },
  }
}
