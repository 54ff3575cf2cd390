import { buildCommand } from '@stricli/core'
import type { Context } from '../context.ts'
import { PROFILE_FORMS } from '../profile/form-names.ts'
import type { ProfileFlags } from '../profile/run.ts'
import { SAMPLE_KINDS } from '../profile/sample-kind.ts'
import { dataFlag, durationSeconds, helpText, momentFlags, targetParameter, wholeNumber } from './flags.ts'
import { withContext } from './with-context.ts'

/** As the server takes them (RecordProfileRequest). */
const RECORD_SECONDS_MAX = 600
const FREQUENCY_HZ_MAX = 99

export const profile = buildCommand<ProfileFlags, [string?], Context>({
  loader: withContext(async () => (await import('../profile/run.ts')).runProfile),
  parameters: {
    flags: {
      for: {
        kind: 'parsed',
        parse: durationSeconds(1, RECORD_SECONDS_MAX),
        brief: `Record from now on for so long, at a higher rate: 10s, at most ${RECORD_SECONDS_MAX}s`,
        placeholder: 'DURATION',
        optional: true,
      },
      hz: {
        kind: 'parsed',
        parse: wholeNumber(1, FREQUENCY_HZ_MAX),
        brief: `Samples a second of a busy processor while recording (default and most: ${FREQUENCY_HZ_MAX})`,
        placeholder: 'N',
        optional: true,
      },
      ...momentFlags,
      kind: {
        kind: 'enum',
        values: SAMPLE_KINDS,
        brief:
          "Only the program's own work, the garbage collector's, or the rest of the runtime's; may be given again",
        optional: true,
        variadic: true,
      },
      rows: {
        kind: 'parsed',
        parse: wholeNumber(1, 100_000),
        brief: 'Most rows of the table (default: what fits the terminal; all when piped)',
        placeholder: 'N',
        optional: true,
      },
      output: {
        kind: 'enum',
        values: PROFILE_FORMS,
        brief: 'Form of the output; json is stable (docs/reference)',
        default: 'table',
      },
      file: {
        kind: 'parsed',
        parse: String,
        brief: 'Write to this file instead of stdout',
        placeholder: 'PATH',
        optional: true,
      },
      data: dataFlag,
    },
    positional: { kind: 'tuple', parameters: [targetParameter] },
    aliases: { n: 'rows', o: 'output' },
  },
  docs: {
    brief:
      'Show where processor time went: functions, or stacks as a flame graph, for pprof or for speedscope',
    fullDescription: helpText(
      [
        'Show where processor time went: functions, or stacks as a flame graph, for pprof or for speedscope.',
        '',
        'All processes are sampled all the time, so the past can be asked for: without a flag the last minute. --for',
        'records from now on at a higher rate. FLAT is what a function took itself, CUM with all that it called.',
        'table is for people, svg a flame graph that any browser shows, pprof for go tool pprof, speedscope for',
        'speedscope.app, folded one stack a line, json the answer of the server.',
      ].join('\n'),
      [
        ['quadrant profile cart', 'the last minute of one service'],
        ['quadrant profile cart --for 10s', 'the next ten seconds at 99 Hz'],
        [
          'quadrant profile 4711 --since 1h -o svg --file cart.svg',
          'a flame graph of an hour of one process',
        ],
        ['quadrant profile cart -o pprof > cart.pb.gz && go tool pprof cart.pb.gz', 'with the tools of Go'],
        ['quadrant profile cart --kind gc', 'what collecting garbage takes'],
        ['quadrant profile cart -o folded > cart.folded', 'one stack a line, for other programs'],
      ],
    ),
  },
})
