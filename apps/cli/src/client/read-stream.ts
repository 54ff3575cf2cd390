import { setTimeout as sleep } from 'node:timers/promises'
import { note, type Context } from '../context.ts'
import { callError, connectServer, isAway, type Server } from './connect.ts'

const RETRY_MS_MIN = 200
const RETRY_MS_MAX = 2000

export interface StreamOptions<Message> {
  /** Goes on over a restart of the server; without it a failure is told. */
  readonly follow: boolean
  /** Value of `--data`. */
  readonly data: string | undefined
  /** Asks the server; after a break it is asked again. */
  readonly open: (client: Server['client']) => AsyncIterable<Message>
  /** The past comes first of each answer, in one message at least. */
  readonly take: (message: Message, isFirst: boolean) => void
  /** The next answer may repeat what was given. */
  readonly onBreak: () => void
}

/** Reads an answer of the server to its end, which with `follow` is the person's. @throws CliError */
export async function readStream<Message>(
  server: Server,
  options: StreamOptions<Message>,
  context: Context,
): Promise<void> {
  let current = server
  let retryMs = RETRY_MS_MIN
  let told = false
  for (let answered = false; ;) {
    try {
      let isFirst = true
      for await (const message of options.open(current.client)) {
        answered = true
        retryMs = RETRY_MS_MIN
        if (told) note(context, 'the server is back')
        told = false
        options.take(message, isFirst)
        isFirst = false
      }
      if (!options.follow || context.signal.aborted) return
    } catch (error) {
      if (context.signal.aborted) return
      if (!options.follow || !answered || !isAway(error)) throw callError(error, current, context)
    }
    if (!told) note(context, 'the server went away; waiting for it to come back (Ctrl-C ends)')
    told = true
    await sleep(retryMs, undefined, { signal: context.signal }).catch(() => {})
    if (context.signal.aborted) return
    retryMs = Math.min(retryMs * 2, RETRY_MS_MAX)
    options.onBreak()
    // Its token and port may be new ones.
    try {
      current = connectServer(context, options.data)
    } catch {
      // Not written yet: the next round looks again.
    }
  }
}
