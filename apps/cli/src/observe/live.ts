import { setTimeout as sleep } from 'node:timers/promises'
import type { Flow } from '@quadrant/proto'
import { callError, connectServer, isAway, type Server } from '../client/connect.ts'
import { note, type Context } from '../context.ts'
import type { FlowFilter } from './filter.ts'
import type { FlowPrinter } from './flow-printer.ts'
import { LossNotes } from './loss-notes.ts'
import { ROWS_MAX, type Span } from './span.ts'

export interface LiveOptions {
  readonly filter: FlowFilter
  readonly span: Span
  readonly follow: boolean
  readonly bothEnds: boolean
}

/** Flows that came late are asked for again after a break: this much before the newest that was seen. */
const OVERLAP_NS = 10e9
/** Rows remembered to leave out those that a repeated request gives twice. */
const SEEN_MAX = 100_000
const RETRY_MS_MIN = 200
const RETRY_MS_MAX = 2000

/**
 * Prints the server's flows. With `follow` it goes on over a restart of the server, without printing a row twice;
 * without it a failure is told. @throws CliError
 */
export async function liveFlows(
  server: Server,
  options: LiveOptions,
  printer: FlowPrinter,
  context: Context,
  dataFlag: string | undefined,
): Promise<void> {
  using losses = new LossNotes(context)
  const seen = new Set<string>()
  let newestNs = 0
  /** Rows up to this time may come twice: they were asked for again after a break. */
  let repeatedUpToNs = 0
  const firstNs = options.span.startMs * 1e6
  let startNs = firstNs
  /** Losses before it are told: a repeated request does not ask for them again. */
  let dropsFromNs = 0
  let limit = options.span.limit
  let current = server
  let retryMs = RETRY_MS_MIN
  let told = false
  for (let answered = false; ;) {
    try {
      const stream = current.client.listFlows(
        {
          range: { startNs, endNs: options.span.endMs === undefined ? 0 : options.span.endMs * 1e6 },
          query: options.filter.text,
          limit: Math.min(limit, ROWS_MAX),
          follow: options.follow,
          bothEnds: options.bothEnds,
          dropsFromNs,
        },
        { signal: context.signal },
      )
      // The past comes first, in one message at least.
      let isPast = true
      for await (const response of stream) {
        answered = true
        retryMs = RETRY_MS_MIN
        if (told) note(context, 'the server is back')
        told = false
        const fresh = options.follow ? response.flows.filter(isNew) : response.flows
        printer.print(fresh)
        // "The last 20" leaves the others out on purpose.
        if (options.follow && !isPast) losses.live(response)
        else losses.past(response, limit >= ROWS_MAX)
        isPast = false
        dropsFromNs = Math.max(dropsFromNs, response.dropsUntilNs)
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
    repeatedUpToNs = newestNs
    if (newestNs > 0) startNs = Math.max(firstNs, newestNs - OVERLAP_NS)
    limit = ROWS_MAX
    // Its token and port may be new ones.
    try {
      current = connectServer(context, dataFlag)
    } catch {
      // Not written yet: the next round looks again.
    }
  }

  function isNew(flow: Flow): boolean {
    const { timeNs, host, netns, cookie, event, role, remoteAddress, remotePort } = flow
    const key = [timeNs, host, netns, cookie, event, role, remoteAddress, remotePort].join('/')
    // Two sends within one microsecond look alike; only after a break does that mean the same row again.
    if (timeNs <= repeatedUpToNs && seen.has(key)) return false
    seen.add(key)
    if (seen.size > SEEN_MAX) for (const oldest of seen) if (seen.delete(oldest)) break
    newestNs = Math.max(newestNs, timeNs)
    return true
  }
}
