import { setTimeout as sleep } from 'node:timers/promises'
import type { Server } from '../client/connect.ts'
import { note, type Context } from '../context.ts'
import { Progress } from '../output/progress.ts'
import { formatClock } from '../output/time.ts'
import type { ProfileTimes } from './pprof-profile.ts'

export interface RecordOptions {
  readonly seconds: number
  /** 0: the server's choice. */
  readonly frequencyHz: number
}

const SECOND_NS = 1e9
const STEP_MS = 250
/** Samples come in windows, and with them through the agent's journal: this long after their end they are given up. */
const LATE_MS_MAX = 15_000
/** How far back is looked for the newest samples. */
const NEWEST_NS = 30 * SECOND_NS

/**
 * Has all agents sample more often for a while, and waits until its samples are there. Undefined where the person ended it.
 * @throws ConnectError where the server does not answer
 */
export async function recordProfile(
  server: Server,
  options: RecordOptions,
  context: Context,
): Promise<ProfileTimes | undefined> {
  const { range, frequencyHz } = await server.client.recordProfile(options, {
    signal: context.signal,
    timeoutMs: 10_000,
  })
  const startNs = range?.startNs || context.now() * 1e6
  const endNs = range?.endNs || startNs + options.seconds * SECOND_NS
  const endMs = endNs / 1e6
  note(context, `recording at ${frequencyHz} Hz for ${(endNs - startNs) / SECOND_NS} s (Ctrl-C ends)`)
  using progress = new Progress(context)
  for (let leftMs = 1; leftMs > 0;) {
    leftMs = endMs - context.now()
    progress.show(`${Math.max(Math.ceil(leftMs / 1000), 0)} s left`)
    if (!(await pause(Math.min(Math.max(leftMs, 0), STEP_MS), context))) return ended(endMs, context)
  }
  while (context.now() < endMs + LATE_MS_MAX) {
    progress.show('waiting for the last samples')
    if ((await newestNs(server, endNs, context)) >= endNs) return { startNs, endNs }
    if (!(await pause(STEP_MS, context))) return ended(endMs, context)
  }
  note(context, 'note: the last samples are not there yet; the same command with --since shows them later')
  return { startNs, endNs }
}

/** End of the newest second that has samples, of any process: one that sleeps has none. */
async function newestNs(server: Server, endNs: number, context: Context): Promise<number> {
  const { points, resolutionSeconds } = await server.client.getProfileTimeline(
    { subject: '', range: { startNs: endNs - NEWEST_NS, endNs: 0 }, maxPoints: 0 },
    { signal: context.signal, timeoutMs: 10_000 },
  )
  const newest = points.findLast((point) => point.samples > 0)
  return newest ? newest.timeNs + resolutionSeconds * SECOND_NS : 0
}

/** False where the person has ended it. */
async function pause(ms: number, context: Context): Promise<boolean> {
  await sleep(ms, undefined, { signal: context.signal }).catch(() => {})
  return !context.signal.aborted
}

function ended(endMs: number, context: Context): undefined {
  note(context, `agents go back to their usual rate by themselves at ${formatClock(endMs, context.now())}`)
}
