import { buildCommand } from '@stricli/core'
import type { Context } from '../context.ts'
import type { StatusFlags } from '../status/run.ts'
import { dataFlag, documentOutputFlag, helpText } from './flags.ts'
import { withContext } from './with-context.ts'

export const status = buildCommand<StatusFlags, [], Context>({
  loader: withContext(async () => (await import('../status/run.ts')).runStatus),
  parameters: { flags: { output: documentOutputFlag, data: dataFlag }, aliases: { o: 'output' } },
  docs: {
    brief: 'Show how the server, its store and its agents fare, and what was dropped where',
    fullDescription: helpText(
      'Show how the server, its store and its agents fare, and what was dropped where.\n\nExit code 1 where an agent is not connected or something was dropped.',
      [
        ['quadrant status', 'for people'],
        ['quadrant status -o json', 'for a script'],
      ],
    ),
  },
})
