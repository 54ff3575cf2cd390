import { buildCommand } from '@stricli/core'
import type { Context } from '../context.ts'
import type { StatusFlags } from '../status/run.ts'
import { dataFlag, documentOutputFlag, helpText } from './flags.ts'
import { withContext } from './with-context.ts'

export const status = buildCommand<StatusFlags, [], Context>({
  loader: withContext(async () => (await import('../status/run.ts')).runStatus),
  parameters: { flags: { output: documentOutputFlag, data: dataFlag }, aliases: { o: 'output' } },
  docs: {
    brief:
      'Show how the server, its store and its agents fare, what was lost where, and the address of the console',
    fullDescription: helpText(
      'Show how the server, its store and its agents fare, what was lost where, and the address of the console.\n\nExit code 1 where an agent is not connected, or something was lost or refused. What is only not told apart\n(~other), or was kept for its time, is shown and is no finding.\nThe address opens the console: it holds the token.',
      [
        ['quadrant status', 'for people'],
        ['quadrant status -o json', 'for a script'],
      ],
    ),
  },
})
