import { buildCommand } from '@stricli/core'
import type { Context } from '../context.ts'
import { EVENTS_MAX } from '../gc/events-max.ts'
import type { GcFlags } from '../gc/run.ts'
import { dataFlag, helpText, momentFlags, outputFlag, targetParameter, wholeNumber } from './flags.ts'
import { withContext } from './with-context.ts'

export const gc = buildCommand<GcFlags, [string?], Context>({
  loader: withContext(async () => (await import('../gc/run.ts')).runGc),
  parameters: {
    flags: {
      follow: {
        kind: 'boolean',
        brief: 'Go on with new collections until Ctrl-C',
        optional: true,
        withNegated: false,
      },
      ...momentFlags,
      last: {
        kind: 'parsed',
        parse: wholeNumber(1, EVENTS_MAX),
        brief: 'The newest N collections (20 where no flag names a time)',
        placeholder: 'N',
        optional: true,
      },
      output: outputFlag,
      data: dataFlag,
    },
    positional: { kind: 'tuple', parameters: [targetParameter] },
    aliases: { f: 'follow', n: 'last', o: 'output' },
  },
  docs: {
    brief: 'Show garbage collections of Go processes: both pauses, heap, goal, and why each began',
    fullDescription: helpText(
      [
        'Show garbage collections of Go processes, and other times at which their world stood still.',
        '',
        'PAUSE 1 and PAUSE 2 are how long all goroutines stood still when marking began and ended, TOTAL goes from the',
        'begin of the first to the end of the second. HEAP is the heap when it began → what was found live, GOAL what the',
        'heap was to grow to by its end, ASSISTS the processor time that goroutines had to help because they allocated.',
        'A stop for another reason has its length under PAUSE 1. – is not known.',
      ].join('\n'),
      [
        ['quadrant gc', 'the last 20 collections of all processes'],
        ['quadrant gc cart -f', 'live, of one service'],
        ['quadrant gc 4711 --since 5m', 'of one process'],
        ['quadrant gc cart --since 1h -o jsonl > gc.jsonl', 'for a script'],
      ],
    ),
  },
})
