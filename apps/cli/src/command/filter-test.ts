import { buildCommand } from '@stricli/core'
import type { Context } from '../context.ts'
import type { FilterTestFlags } from '../filter/run-tests.ts'
import { helpText } from './flags.ts'
import { withContext } from './with-context.ts'

export const filterTest = buildCommand<FilterTestFlags, [string, string], Context>({
  loader: withContext(async () => (await import('../filter/run-tests.ts')).runFilterTest),
  parameters: {
    positional: {
      kind: 'tuple',
      parameters: [
        { parse: String, brief: 'A filter of the proxy-wasm ABI', placeholder: 'FILTER.wasm' },
        { parse: String, brief: 'Cases in YAML; - is stdin', placeholder: 'CASES.yaml' },
      ],
    },
    flags: {
      output: {
        kind: 'enum',
        values: ['table', 'json'],
        brief: 'table, or json for programs (table)',
        optional: true,
      },
      logs: {
        kind: 'boolean',
        brief: 'Also what the filter logged where a case passed',
        optional: true,
        withNegated: false,
      },
    },
    aliases: { o: 'output' },
  },
  docs: {
    brief: 'Run a filter through cases, without a proxy',
    fullDescription: helpText(
      [
        'Run a filter through cases, without a proxy: requests and answers of the upstream, and what is to come of them.',
        '',
        'A case of a filter of connections has `connection`, a list of { client: text } and { upstream: text }, and expects',
        'to_upstream and to_client.',
        '',
        'Each case has an instance of its own. Time stands still but for what is waited for, and randomness is the same',
        'each time, so that a case always ends alike. What does not come as it was expected is told with its line.',
        'Exit code 0 where all pass, 1 where one fails, 2 where the file has mistakes.',
      ].join('\n'),
      [
        ['quadrant filter test hello.wasm cases.yaml', 'a case: name, request, response, expect'],
        ['quadrant filter test hello.wasm cases.yaml -o json', 'for a pipeline'],
        ['quadrant explain FTEST100', 'more about a code'],
      ],
    ),
  },
})
