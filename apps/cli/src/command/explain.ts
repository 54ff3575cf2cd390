import { buildCommand } from '@stricli/core'
import type { Context } from '../context.ts'
import { helpText } from './flags.ts'
import { withContext, type NoFlags } from './with-context.ts'

export const explain = buildCommand<NoFlags, [string?], Context>({
  loader: withContext(async () => (await import('../explain/run.ts')).runExplain),
  parameters: {
    positional: {
      kind: 'tuple',
      parameters: [
        {
          parse: String,
          brief: 'A code, the id of a check, a stage of drops or an error name; without it all are listed',
          placeholder: 'CODE',
          optional: true,
          async proposeCompletions(partial) {
            const { EXPLANATIONS } = await import('../explain/explanations.ts')
            return [...EXPLANATIONS.keys()].filter((code) =>
              code.toLowerCase().startsWith(partial.toLowerCase()),
            )
          },
        },
      ],
    },
  },
  docs: {
    brief: 'Explain an error code, a check of doctor or a stage where flows were dropped',
    fullDescription: helpText(
      'Explain an error code, a check of doctor or a stage where flows were dropped.',
      [
        ['quadrant explain QDR-C001', 'an error of this command line'],
        ['quadrant explain kernel.tp_btf', 'a check of doctor'],
        ['quadrant explain agent.spool', 'a stage that drops'],
        ['quadrant explain ECONNREFUSED', 'an error of a connection'],
        ['quadrant explain', 'everything that can be explained'],
      ],
    ),
  },
})
