import type { StageCounts } from '@quadrant/observe'

/** Reasons that are no loss: what somebody wrote into the file, and what is still in a sum. */
const WANTED: ReadonlySet<string> = new Set(['excluded', 'not-included', 'merged-into-other'])

/** What a stage has dropped that nobody asked it to drop. */
export function lossesOf({ dropped }: StageCounts): StageCounts['dropped'] {
  return dropped.filter(({ reason }) => !WANTED.has(reason))
}

/** The stages as all others are told: seen = kept + dropped, of what is not held any more and was not left out on purpose. */
export function pipelineLosses(stages: readonly StageCounts[]) {
  const nameOf = ({ stage }: StageCounts) => `pipelines.${stage}`
  return {
    drops: stages.flatMap((stage) =>
      lossesOf(stage).map(({ reason, count }) => ({ stage: nameOf(stage), reason, count })),
    ),
    stages: stages.map((stage) => ({
      stage: nameOf(stage),
      seen: stage.kept + lossesOf(stage).reduce((sum, { count }) => sum + count, 0),
      kept: stage.kept,
    })),
  }
}
