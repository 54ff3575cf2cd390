import { buildCommand } from '@stricli/core'
import type { Context } from '../context.ts'
import type { DoctorFlags } from '../doctor/run.ts'
import { dataFlag, documentOutputFlag, helpText } from './flags.ts'
import { withContext } from './with-context.ts'

export const doctor = buildCommand<DoctorFlags, [], Context>({
  loader: withContext(async () => (await import('../doctor/run.ts')).runDoctor),
  parameters: { flags: { output: documentOutputFlag, data: dataFlag }, aliases: { o: 'output' } },
  docs: {
    brief: 'Check this host: each kernel hook, by really trying it, and the cost of what is missing',
    fullDescription: helpText(
      [
        'Check this host: each kernel hook, by really trying it, and the cost of what is missing.',
        '',
        'Works without root and without a running server. Exit code 0 where this host can run the eBPF source,',
        '5 where it cannot (privilege or kernel feature): the /proc source still works there.',
      ].join('\n'),
      [
        ['sudo quadrant doctor', 'every check'],
        ['quadrant doctor', 'what can be seen without root'],
        ['quadrant doctor -o json', 'for a script'],
      ],
    ),
  },
})
