import { buildCommand } from '@stricli/core'
import type { Context } from '../context.ts'
import type { GatewayFlags } from '../gateway/run.ts'
import { helpText, wholeNumber } from './flags.ts'
import { withContext } from './with-context.ts'

/** More threads than any machine has cores. */
const WORKERS_MAX = 1024

export const gateway = buildCommand<GatewayFlags, [], Context>({
  loader: withContext(async () => (await import('../gateway/run.ts')).runGateway),
  parameters: {
    flags: {
      config: {
        kind: 'parsed',
        parse: String,
        brief: 'What the gateway does, in YAML; it is read again when it changes',
        placeholder: 'FILE',
      },
      workers: {
        kind: 'parsed',
        parse: wholeNumber(1, WORKERS_MAX),
        brief: 'Threads that serve (default: what the file says, else one for each core)',
        placeholder: 'N',
        optional: true,
      },
      check: {
        kind: 'boolean',
        brief: 'Only look at the file: each mistake with its line, a caret and what mends it',
        optional: true,
        withNegated: false,
      },
    },
  },
  docs: {
    brief: 'Run a gateway: HTTP/1.1, HTTP/2 and gRPC to clusters, through filters',
    fullDescription: helpText(
      [
        'Run a gateway: HTTP/1.1, HTTP/2 and gRPC to clusters, through filters.',
        '',
        'It reads its file again when that changes, and on SIGHUP; requests that are under way end as they began, and',
        'a file with mistakes changes nothing. SIGTERM and Ctrl-C drain: no more is accepted, what is under way ends.',
        'Access logs go where the file says, often to stdout; what the gateway says of itself goes to stderr.',
      ].join('\n'),
      [
        ['quadrant gateway --config gateway.yaml', 'until it is told to end'],
        ['quadrant gateway --config gateway.yaml --check', 'exit code 1 where it cannot be run'],
        ['quadrant gateway --config gateway.yaml --workers 2', 'on two threads'],
        ['curl -s 127.0.0.1:9901/stats', 'statistics, where the file has admin; /metrics for Prometheus'],
        ['quadrant explain GATE006', 'more about a code'],
      ],
    ),
  },
})
