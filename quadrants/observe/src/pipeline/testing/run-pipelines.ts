import assert from 'node:assert/strict'
import { checkPipelines } from '../config/check-pipelines.ts'
import { systemPipelineClock } from '../clock.ts'
import type { StageCounts } from '../ledger.ts'
import { diskQueueDirectory } from '../queue/queue-directory.ts'
import type { PipelineHost } from '../run/pipeline-host.ts'
import { type RunningPipelines, startPipelines } from '../run/start-pipelines.ts'

/** Runs a pipeline file on this machine. */
export function runPipelines(source: string, host: Partial<PipelineHost> = {}): RunningPipelines {
  const { value, diagnostics } = checkPipelines(source)
  assert.ok(value, JSON.stringify(diagnostics))
  return startPipelines(value, {
    clock: systemPipelineClock,
    directory: diskQueueDirectory,
    readFile: () => Buffer.alloc(0),
    onProblem: () => {},
    ...host,
  })
}

/** A stage's counters, after a look that everywhere nothing has gone uncounted. */
export function countsOf(running: RunningPipelines, stage: string): StageCounts {
  const all = running.counts()
  for (const { stage: name, seen, kept, held, dropped } of all) {
    assert.ok(held >= 0, `${name} holds ${held}`)
    assert.equal(seen, kept + held + dropped.reduce((sum, { count }) => sum + count, 0), name)
  }
  return all.find(({ stage: name }) => name === stage)!
}
