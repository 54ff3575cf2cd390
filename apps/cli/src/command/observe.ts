import { FLOW_FIELDS, REQUEST_FIELDS } from '@quadrant/core'
import { buildCommand, type TypedFlagParameter } from '@stricli/core'
import type { Context } from '../context.ts'
import { CLOSED_VALUES } from '../observe/filter.ts'
import { FILTER_FLAGS, type FilterFlag } from '../observe/negation.ts'
import type { ObserveFlags } from '../observe/run.ts'
import { ROWS_MAX } from '../observe/span.ts'
import { dataFlag, helpText, momentFlags, outputFlag, wholeNumber } from './flags.ts'
import { withContext } from './with-context.ts'

/** What a field is of a flow; where it is of a request alone, or another there, of that. */
const FIELD_WORDS: Readonly<Record<FilterFlag, string>> = {
  ...REQUEST_FIELDS,
  ...FLOW_FIELDS,
  proto: `${FLOW_FIELDS.proto}; of requests ${REQUEST_FIELDS.proto}`,
  status: `${FLOW_FIELDS.status}; of requests ${REQUEST_FIELDS.status}`,
}

type FilterParameter = TypedFlagParameter<readonly string[] | undefined, Context>

export const observe = buildCommand<ObserveFlags, [], Context>({
  loader: withContext(async () => (await import('../observe/run.ts')).runObserve),
  parameters: {
    flags: {
      follow: {
        kind: 'boolean',
        brief: 'Go on with new rows until Ctrl-C',
        optional: true,
        withNegated: false,
      },
      requests: {
        kind: 'boolean',
        brief: 'Show requests that were captured in full in place of connections',
        optional: true,
        withNegated: false,
      },
      ...momentFlags,
      last: {
        kind: 'parsed',
        parse: wholeNumber(1, ROWS_MAX),
        brief: 'The newest N rows (20 where no flag names a time)',
        placeholder: 'N',
        optional: true,
      },
      ...filterParameters(),
      not: {
        kind: 'boolean',
        brief: 'Negates the filter after it: --not --port 53',
        optional: true,
        withNegated: false,
      },
      query: {
        kind: 'parsed',
        parse: String,
        brief: 'The same filters as one text, as the console writes them: "from:shop not:status:ok"',
        placeholder: 'TEXT',
        optional: true,
      },
      inputFile: {
        kind: 'parsed',
        parse: String,
        brief: 'Read a recording (jsonl) instead of asking the server; - is stdin',
        placeholder: 'FILE',
        optional: true,
      },
      bothEnds: {
        kind: 'boolean',
        brief: "Also the server's end where both ends are on one host",
        optional: true,
        withNegated: false,
      },
      output: outputFlag,
      data: dataFlag,
    },
    aliases: { f: 'follow', n: 'last', q: 'query', o: 'output' },
  },
  docs: {
    brief: 'Show flows: single connections as they open, close and fail; or requests that were captured',
    fullDescription: helpText(
      [
        'Show flows: single connections as they open, close and fail.',
        '',
        'The same filter given twice is an alternative, different filters must all match. Values are globs,',
        'a comma lists alternatives, and --not before a filter negates it.',
        '',
        'With --requests, or a filter that only requests have (--method, --route, --status 5xx), it shows requests that',
        'sampling rules (`quadrant requests`) asked for, with the time that each took (of HTTP/1 in packets: at least). --query has',
        'fields beside the flags: target, authority, header, grpc, outcome, rule, trace and duration (milliseconds).',
        'All requests, counted by route, are what `quadrant top --by routes` shows.',
      ].join('\n'),
      [
        ['quadrant observe', 'the last 20 flows'],
        ['quadrant observe -f --to checkout', 'live, what goes to one service'],
        ['quadrant observe --since 5m --status failed,reset', 'what went wrong in the last five minutes'],
        ['quadrant observe -f --not --port 53 --proto udp', 'live UDP but for DNS'],
        ['quadrant observe --requests', 'the last 20 requests that were captured'],
        [
          'quadrant observe -f --to cart --status errors',
          'live, captured requests that failed (5xx, gRPC, aborted)',
        ],
        ['quadrant observe --requests -q "duration:>100 route:/cart/*"', 'slow ones of some routes'],
        ['quadrant observe --since 1h -o jsonl > flows.jsonl', 'record'],
        ['quadrant observe --input-file flows.jsonl --from cart', 'replay a recording with filters'],
        ['quadrant observe --input-file requests.jsonl --status 404', 'the same of recorded requests'],
      ],
    ),
  },
})

function filterParameters(): Record<FilterFlag, FilterParameter> {
  const parameter = (flag: FilterFlag): FilterParameter => ({
    kind: 'parsed',
    parse: String,
    brief: `Filter: ${FIELD_WORDS[flag]}`,
    placeholder: CLOSED_VALUES[flag] ? CLOSED_VALUES[flag].slice(0, 3).join('|') : flag.toUpperCase(),
    optional: true,
    variadic: true,
    async proposeCompletions(partial) {
      const { proposeFilterValues } = await import('../completion/propose.ts')
      return proposeFilterValues(flag, partial, this)
    },
  })
  return Object.fromEntries(FILTER_FLAGS.map((flag) => [flag, parameter(flag)])) as Record<
    FilterFlag,
    FilterParameter
  >
}
