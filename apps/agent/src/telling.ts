import type { HostTracer } from '@quadrant/observe/agent'
import type { Batch } from '@quadrant/proto'
import { encodeFrames } from './frames.ts'
import type { Journal } from './journal/journal.ts'

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

/**
 * Before the first tick: the baselines that the tracer found are the state that later deltas build on. What it could
 * not read must not stay before them, or the next agent could not read them either.
 */
export function beginTelling(tracer: HostTracer, journal: Journal): void {
  if (journal.compactionDue || tracer.checkpointRefused) journal.compact(tracer.checkpoint())
}

function compactIfDue(tracer: HostTracer, journal: Journal): void {
  if (journal.compactionDue) journal.compact(tracer.checkpoint())
}

/** Adds what was lost to the batch that will tell it. Returns what `Journal.append` wants to know. */
export function tellLosses(journal: Journal, batch: Batch): { tellsLosses: boolean } {
  if (journal.losses.isEmpty) return { tellsLosses: false }
  journal.losses.tell(batch)
  return { tellsLosses: true }
}
