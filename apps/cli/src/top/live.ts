import { setTimeout as sleep } from 'node:timers/promises'
import { callError, connectServer, isAway, type Server } from '../client/connect.ts'
import type { Context } from '../context.ts'

/** The alternate screen keeps what was on the terminal; the cursor hides while we draw. */
const ENTER = '\x1b[?1049h\x1b[?25l'
const LEAVE = '\x1b[?25h\x1b[?1049l'
const REDRAW = '\x1b[H'
const CLEAR_LINE_END = '\x1b[K'
const CLEAR_BELOW = '\x1b[J'
/** The title, an empty line, and the last line, which stays empty. */
const FRAME_LINES = 3
const FRAME_MS_MIN = 900
const RETRY_MS = 1000

/** One state of what is shown. `body` is laid out only where it is drawn. */
export interface Frame {
  readonly title: string
  readonly body: () => string
}

export interface LiveOptions {
  /** What the server has, again and again. It ends, or throws, where the server goes away. */
  readonly frames: (client: Server['client'], signal: AbortSignal) => AsyncIterable<Frame>
  /** Value of `--data`. */
  readonly data: string | undefined
}

/** Lines of the terminal that a frame's body may fill. */
export function bodyLines(context: Context): number {
  return Math.max(1, (context.stdout.rows ?? 24) - FRAME_LINES)
}

/** Draws until q, Ctrl-C, or the end of the terminal; goes on over a restart of the server. @throws CliError where it never answers */
export async function showLive(
  server: Server,
  { frames, data }: LiveOptions,
  context: Context,
): Promise<void> {
  const quit = new AbortController()
  const signal = AbortSignal.any([context.signal, quit.signal])
  let current = server
  let entered = false
  let drawnMs = -Infinity
  using _keys = listenForKeys(context, () => quit.abort())
  try {
    for (;;) {
      try {
        for await (const { title, body } of frames(current.client, signal)) {
          if (context.now() - drawnMs < FRAME_MS_MIN) continue
          drawnMs = context.now()
          if (!entered) context.stdout.write(ENTER)
          entered = true
          draw(`${title}   q ends`, body())
        }
      } catch (error) {
        if (!signal.aborted && (!entered || !isAway(error))) throw callError(error, current, context)
      }
      if (signal.aborted) return
      if (entered) draw('the server went away; waiting for it to come back   q ends', '')
      await sleep(RETRY_MS, undefined, { signal }).catch(() => {})
      try {
        current = connectServer(context, data)
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
