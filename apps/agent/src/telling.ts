import { encodeFrames } from './frames.ts'
import { type Journal, tellLosses } from './journal/journal.ts'
import type { HostTracer } from '@quadrant/observe'

/**
 * One tick from the tracer into the journal. Nothing in here waits: between the tracer's saying "told" and the journal's
 * having it, no other code of this process runs. `final`: there will be no other tick.
 * Returns whether it is in the journal; what is not is counted and told by a later one.
 */
export function tellTick(
  tracer: HostTracer,
  journal: Journal,
  options?: { readonly final: boolean },
): boolean {
  if (journal.takeLostProcesses()) tracer.tellAllProcesses()
  const { batch, checkpoint } = tracer.tick(options)
  const losses = tellLosses(journal, batch)
  const isKept = journal.append(encodeFrames(batch), checkpoint, losses)
  compactIfDue(tracer, journal)
  return isKept
}

/** Also before the first tick: the baselines that the tracer found are the state that later deltas build on. */
export function compactIfDue(tracer: HostTracer, journal: Journal): void {
  if (journal.compactionDue) journal.compact(tracer.checkpoint())
}
