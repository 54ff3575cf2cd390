import { buildCommand } from '@stricli/core'
import type { Context } from '../context.ts'
import { helpText } from './flags.ts'
import { withContext, type NoFlags } from './with-context.ts'

export const version = buildCommand<NoFlags, [], Context>({
  loader: withContext(async () => (await import('../version.ts')).runVersion),
  parameters: {},
  docs: {
    brief: 'Print the versions of Quadrant, Node and the kernel',
    fullDescription: helpText('Print the versions of Quadrant, Node and the kernel.', [
      ['quadrant version', 'what to put in a bug report'],
    ]),
  },
})
