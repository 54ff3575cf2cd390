import { create } from '@bufbuild/protobuf'
import { formatCount } from '@quadrant/core'
import type { StageCounts } from '@quadrant/observe'
import { CheckSchema, CheckStatus, type Check } from '@quadrant/proto'
import { lossesOf } from './pipeline-losses.ts'

/** One check for each stage of the pipelines: what it has seen, kept, and not kept. */
export function pipelineChecks(stages: readonly StageCounts[]): Check[] {
  return stages.map((counts) => {
    const { stage, seen, kept, held, dropped } = counts
    const lost = lossesOf(counts)
    const each = dropped.map(({ reason, count }) => `${formatCount(count)} ${reason}`)
    return create(CheckSchema, {
      id: `server.pipelines.${stage}`,
      category: 'server',
      title: `telemetry passes ${stage}`,
      status: lost.length > 0 ? CheckStatus.WARNING : CheckStatus.OK,
      detail: `seen ${formatCount(seen)}, kept ${formatCount(kept)}, held ${formatCount(held)}${each.length > 0 ? `, dropped: ${each.join(', ')}` : ''}`,
      costIfMissing: lost.length > 0 ? 'these are missing at the backend' : '',
      fix: lost.length > 0 ? 'see whether the backend answers; give its queue more room, or a directory' : '',
    })
  })
}
