import { setTimeout as sleep } from 'node:timers/promises'
import type { CapturedRequest, Drop, ListRequestsResponse } from '@quadrant/proto'
import type { Server } from '../client/connect.ts'
import { readStream } from '../client/read-stream.ts'
import { note, type Context } from '../context.ts'
import type { RowPrinter } from '../output/row-printer.ts'
import { LossNotes } from './loss-notes.ts'
import type { Span } from './span.ts'

/** Most rows of one answer; a server keeps no more captures than this unless it is told to. */
export const REQUESTS_MAX = 20_000
/** Rows of one call. */
const PAGE_MAX = 1000
/** Agents tell what they saw once a second. */
const POLL_MS = 1000

export interface LiveRequestsOptions {
  /** As the server takes it. */
  readonly query: string
  readonly span: Span
  readonly follow: boolean
  /** Value of `--data`. */
  readonly data: string | undefined
}

/** What is new since the answer before, oldest first. */
interface Answer {
  readonly requests: readonly CapturedRequest[]
  /** Older ones matched, and are over the limit. */
  readonly hasOlder: boolean
  readonly drops: readonly Drop[]
}

/**
 * Prints the requests that a server has in full; with `follow` also what comes, each once, also over a restart of the
 * server: numbers of captures go on. @throws CliError
 */
export async function liveRequests(
  server: Server,
  options: LiveRequestsOptions,
  printer: RowPrinter<CapturedRequest>,
  context: Context,
): Promise<void> {
  using losses = new LossNotes(context, { rows: 'requests', rowsMax: REQUESTS_MAX })
  const { span, follow, query } = options
  const range = { startNs: span.startMs * 1e6, endNs: span.endMs === undefined ? 0 : span.endMs * 1e6 }
  const told = new ToldDrops()
  /** The newest that was printed; undefined before the first answer. */
  let after: number | undefined

  await readStream<Answer>(
    server,
    {
      follow,
      data: options.data,
      open: answers,
      take({ requests, drops, hasOlder }, isPast) {
        printer.print(requests)
        if (follow && !isPast) losses.live({ omitted: 0, drops })
        else losses.past({ omitted: 0, drops }, false)
        // "The last 20" leaves the others out on purpose.
        if (hasOlder && span.limit >= REQUESTS_MAX)
          note(context, `note: older requests matched and are over the limit of ${REQUESTS_MAX}`)
      },
      onBreak() {},
    },
    context,
  )

  async function* answers(client: Server['client']): AsyncGenerator<Answer> {
    while (true) {
      const answer = await collect(
        client,
        after === undefined ? Math.min(span.limit, REQUESTS_MAX) : Infinity,
      )
      after = Math.max(after ?? 0, answer.requests.at(-1)?.id ?? 0)
      // Told even where it is empty: the server has answered.
      yield { ...answer, drops: told.increase(answer.drops) }
      if (!follow) return
      await sleep(POLL_MS, undefined, { signal: context.signal }).catch(() => {})
      if (context.signal.aborted) return
    }
  }

  /** All pages of what is asked for, newest to oldest, turned round. */
  async function collect(client: Server['client'], limit: number): Promise<Answer> {
    const requests: CapturedRequest[] = []
    let page: ListRequestsResponse | undefined
    do {
      page = await client.listRequests(
        {
          range,
          query,
          limit: Math.min(PAGE_MAX, limit - requests.length),
          before: page?.nextBefore ?? 0,
          after: after ?? 0,
        },
        { signal: context.signal },
      )
      requests.push(...page.requests)
    } while (page.nextBefore !== 0 && requests.length < limit)
    return { requests: requests.reverse(), hasOlder: page.nextBefore !== 0, drops: page.drops }
  }
}

/** What is lost over a range is told as a sum each time: here is what it grew by. */
class ToldDrops {
  readonly #counts = new Map<string, number>()

  increase(drops: readonly Drop[]): readonly Drop[] {
    return drops.flatMap(({ stage, reason, count }) => {
      const key = `${stage}\n${reason}`
      const before = this.#counts.get(key) ?? 0
      this.#counts.set(key, Math.max(before, count))
      return count > before ? [{ stage, reason, count: count - before }] : []
    })
  }
}
