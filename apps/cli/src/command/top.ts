import { buildCommand } from '@stricli/core'
import type { Context } from '../context.ts'
import type { TopFlags } from '../top/run.ts'
import { TOP_SORTS } from '../top/top-text.ts'
import { WINDOW_SECONDS_DEFAULT, WINDOW_SECONDS_MAX } from '../top/window.ts'
import { dataFlag, helpText, momentFlags, outputFlag, wholeNumber } from './flags.ts'
import { withContext } from './with-context.ts'

export const top = buildCommand<TopFlags, [], Context>({
  loader: withContext(async () => (await import('../top/run.ts')).runTop),
  parameters: {
    flags: {
      by: { kind: 'enum', values: ['edges', 'services', 'routes'], brief: 'What a row is', default: 'edges' },
      sort: {
        kind: 'enum',
        values: TOP_SORTS,
        brief: 'What decides the order',
        default: 'bytes',
      },
      level: {
        kind: 'enum',
        values: ['service', 'process', 'host'],
        brief: 'What an end of an edge is',
        default: 'service',
      },
      window: {
        kind: 'parsed',
        parse: wholeNumber(1, WINDOW_SECONDS_MAX),
        brief: `Seconds that rates are averaged over (default: ${WINDOW_SECONDS_DEFAULT})`,
        placeholder: 'SECONDS',
        optional: true,
      },
      ...momentFlags,
      rows: {
        kind: 'parsed',
        parse: wholeNumber(1, 10_000),
        brief: 'Most rows (default: what fits the terminal; all when piped)',
        placeholder: 'N',
        optional: true,
      },
      query: {
        kind: 'parsed',
        parse: String,
        brief:
          'Only edges that match, e.g. "to:cart status:failures"; of routes e.g. "to:cart method:GET status:error"',
        placeholder: 'TEXT',
        optional: true,
      },
      output: outputFlag,
      data: dataFlag,
    },
    aliases: { n: 'rows', q: 'query', o: 'output' },
  },
  docs: {
    brief: 'Show who talks most: a live table of edges, services or routes',
    fullDescription: helpText(
      [
        'Show who talks most: a live table of edges, services or routes.',
        '',
        'On a terminal it refreshes until q or Ctrl-C; piped, with -o json or for a range of the past, it prints once.',
        '',
        'REQ/S, ERR and P50 to P99 are of HTTP and gRPC requests: how many a second, the share of them that failed on the',
        "server's side (5xx, gRPC statuses that say so, aborted), and the time that 50, 95 and 99 of 100 took at most. Those",
        'of a service are of what it served; its times are those of its worst edge. --by routes counts all requests once, by',
        'service, method and route: the busiest first, or with --sort errors, p50, p95 or p99 the worst. --sort errors counts',
        'connections that failed or were reset, and requests that failed.',
      ].join('\n'),
      [
        ['quadrant top', 'live'],
        ['quadrant top --by services --sort errors', 'the services with the most failures first'],
        ['quadrant top -q to:cart --level process', 'every process that talks to one service'],
        ['quadrant top --window 60 -o json', 'one answer for a script'],
        ['quadrant top --by routes -q to:cart', 'every route of one service, live'],
        ['quadrant top --by routes --sort p99', 'the slowest routes of all'],
        ['quadrant top --by routes -q status:error --since 1h', 'what failed in the last hour, by route'],
        ['quadrant top --since 2h --until 1h', 'an hour of the past'],
      ],
    ),
  },
})
