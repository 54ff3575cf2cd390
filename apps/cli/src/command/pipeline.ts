import { buildCommand, buildRouteMap } from '@stricli/core'
import type { Context } from '../context.ts'
import { helpText } from './flags.ts'
import { withContext, type NoFlags } from './with-context.ts'

const check = buildCommand<NoFlags, [string], Context>({
  loader: withContext(async () => (await import('../pipeline/check.ts')).runPipelineCheck),
  parameters: {
    positional: {
      kind: 'tuple',
      parameters: [{ parse: String, brief: 'A pipeline file in YAML; - is stdin', placeholder: 'FILE' }],
    },
  },
  docs: {
    brief: 'Check a pipeline file: each mistake with its line, a caret and what mends it',
    fullDescription: helpText(
      [
        'Check a pipeline file: each mistake with its line, a caret and what mends it.',
        '',
        'Nothing is started and nothing is connected to. Exit code 0 where the file can be run, 1 where it cannot.',
      ].join('\n'),
      [
        ['quadrant pipeline check pipeline.yaml', 'a file'],
        ['quadrant pipeline check - < pipeline.yaml', 'stdin'],
        ['quadrant explain PIPE006', 'more about a code'],
      ],
    ),
  },
})

export const pipeline = buildRouteMap({
  routes: { check },
  docs: { brief: 'Check where telemetry goes: receivers, processors, exporters' },
})
