import { buildCommand, buildRouteMap, type TypedFlagParameter } from '@stricli/core'
import { InstructionLimit } from '@quadrant/proto'
import type { Context } from '../context.ts'
import type { SetFlags } from '../requests/edit.ts'
import { PROTOCOL_VALUES, type RuleFlags } from '../requests/rule-flags.ts'
import type { ChangeFlags, RequestsFlags } from '../requests/run.ts'
import { dataFlag, documentOutputFlag, helpText, wholeNumber } from './flags.ts'
import { withContext } from './with-context.ts'

const dryRunFlag = {
  kind: 'boolean',
  brief: 'Say what would be said, and change nothing',
  optional: true,
  withNegated: false,
} as const

const changeFlags = { dryRun: dryRunFlag, output: documentOutputFlag, data: dataFlag }

const list = buildCommand<RequestsFlags, [], Context>({
  loader: withContext(async () => (await import('../requests/run.ts')).runRequestsList),
  parameters: { flags: { output: documentOutputFlag, data: dataFlag }, aliases: { o: 'output' } },
  docs: {
    brief: 'Show how requests are observed, the sampling rules, and what each host makes of them',
    fullDescription: helpText(
      [
        'Show how requests are observed, the sampling rules in their order, and what each host makes of them.',
        '',
        'GENERATION counts the changes of rules that a host follows, SINCE is when the kernel began to follow the last of',
        'them. OVER CAP is what rules asked for and a cap left out.',
      ].join('\n'),
      [
        ['quadrant requests list', 'for people'],
        ['quadrant requests list -o json', 'for a script'],
      ],
    ),
  },
})

const add = buildCommand<ChangeFlags & RuleFlags & { readonly first?: boolean }, [string], Context>({
  loader: withContext(async () => (await import('../requests/run.ts')).runRequestsAdd),
  parameters: {
    flags: {
      header: textFlag(
        'A header that the request has: NAME, or NAME=VALUE for its whole value, any case',
        'NAME=VALUE',
      ),
      service: textFlag('Only of services that match', 'GLOB'),
      route: textFlag('Only of routes that match, e.g. "/users/{id}*"', 'GLOB'),
      proto: {
        kind: 'enum',
        values: PROTOCOL_VALUES,
        brief: 'Only of this protocol',
        optional: true,
      },
      perThousand: {
        kind: 'parsed',
        parse: number,
        brief: 'Of each thousand that match, by chance: above 0, at most 1000',
        placeholder: 'N',
        optional: true,
      },
      perSecond: {
        kind: 'parsed',
        parse: wholeNumber(1, 0xffff_ffff),
        brief: 'The first ones of each second',
        placeholder: 'N',
        optional: true,
      },
      cap: {
        kind: 'parsed',
        parse: wholeNumber(1, InstructionLimit.capturesPerSecond),
        brief: 'Most captures a second of this rule on a host; what is over it is counted',
        placeholder: 'N',
        optional: true,
      },
      first: {
        kind: 'boolean',
        brief: 'Before all other rules: the first that matches is the one',
        optional: true,
        withNegated: false,
      },
      ...changeFlags,
    },
    positional: {
      kind: 'tuple',
      parameters: [
        { parse: String, brief: 'Name of the rule; one of that name is replaced', placeholder: 'NAME' },
      ],
    },
    aliases: { o: 'output' },
  },
  docs: {
    brief: 'Add a sampling rule: which requests are captured in full',
    fullDescription: helpText(
      [
        'Add a sampling rule: which requests are captured in full.',
        '',
        'All that is given must match. A rule holds some milliseconds after it was set, and no program is loaded anew; the',
        'command waits until each host says so. `quadrant observe --requests` shows what was captured, without its secrets.',
        'Where nobody has asked for requests yet, those of all services are observed from then on.',
      ].join('\n'),
      [
        ['quadrant requests add high --header X-Trace-Sampling=high', 'those that ask for it'],
        [
          "quadrant requests add slow-cart --service cart --route '/carts/*' --per-second 5",
          'five a second of a service',
        ],
        ['quadrant requests add some --per-thousand 1 --cap 20', 'one of each thousand, at most 20 a second'],
        ['quadrant requests add calls --proto grpc --service shop --dry-run', 'what would be said of it'],
      ],
    ),
  },
})

const remove = buildCommand<ChangeFlags, string[], Context>({
  loader: withContext(async () => (await import('../requests/run.ts')).runRequestsRemove),
  parameters: {
    flags: changeFlags,
    positional: {
      kind: 'array',
      parameter: {
        parse: String,
        brief: 'Name of a sampling rule',
        placeholder: 'NAME',
        async proposeCompletions(partial) {
          const { proposeRules } = await import('../completion/propose.ts')
          return proposeRules(partial, this)
        },
      },
    },
    aliases: { o: 'output' },
  },
  docs: {
    brief: 'Remove sampling rules',
    fullDescription: helpText('Remove sampling rules. What was captured stays.', [
      ['quadrant requests remove high', 'one'],
      ['quadrant requests remove high some', 'several'],
    ]),
  },
})

const set = buildCommand<ChangeFlags & SetFlags, [], Context>({
  loader: withContext(async () => (await import('../requests/run.ts')).runRequestsSet),
  parameters: {
    flags: {
      on: switchFlag('Observe requests'),
      off: switchFlag('Observe none, but for those that `up --requests` names'),
      service: listFlag('Services whose requests are observed; "all" for all', 'GLOB'),
      precise: listFlag(
        'Services observed in precise mode, which costs them 7 to 10 % of their CPU; "none" for none',
        'GLOB',
      ),
      proto: {
        kind: 'enum',
        values: PROTOCOL_VALUES,
        brief: 'Protocols that are read; give each',
        optional: true,
        variadic: true,
      },
      cap: {
        kind: 'parsed',
        parse: wholeNumber(1, InstructionLimit.capturesPerSecond),
        brief: 'Most captures a second of a host, over all rules (default: 100)',
        placeholder: 'N',
        optional: true,
      },
      redactHeader: listFlag(
        'Headers whose values are secret, besides those that always are; "none" for no more',
        'GLOB',
      ),
      redactParameter: listFlag('The same of parameters of a query', 'GLOB'),
      routeRule: listFlag(
        'How paths are named: "/users/:id", or "SERVICE=/users/:id"; "none" for only what is learned',
        'PATTERN',
      ),
      routes: {
        kind: 'parsed',
        parse: wholeNumber(1, InstructionLimit.routesPerService),
        brief: 'Routes of a service that are told apart, the rest is ~other (default: 200)',
        placeholder: 'N',
        optional: true,
      },
      tls: {
        kind: 'enum',
        values: ['on', 'off'],
        brief: 'Whether requests within TLS of Go programs are read, inside of them (default: on)',
        optional: true,
      },
      ...changeFlags,
    },
    aliases: { o: 'output' },
  },
  docs: {
    brief:
      'Set whose requests are observed and how: services, precise mode, TLS, caps, what is redacted, names of routes',
    fullDescription: helpText(
      [
        'Set whose requests are observed and how. What is not given stays as it is.',
        '',
        'A flag that takes a list may be given again, and takes the place of the list before.',
        'It holds for all hosts, now and after a restart. Sampling rules have commands of their own: add, remove.',
      ].join('\n'),
      [
        ["quadrant requests set --service 'shop-*' --service cart", 'observe some services'],
        ['quadrant requests set --cap 500', 'more captures a second'],
        ["quadrant requests set --redact-header 'x-tenant-*'", 'more secrets'],
        ['quadrant requests set --precise cart', 'count each request of one service'],
        ["quadrant requests set --route-rule 'cart=/carts/:id/*'", 'name paths'],
        ['quadrant requests set --tls off', 'place no probes in Go programs for their TLS'],
        ['quadrant requests set --off', 'observe none'],
      ],
    ),
  },
})

export const requests = buildRouteMap({
  routes: { list, add, remove, set },
  docs: { brief: 'Set which HTTP and gRPC requests are observed, and which are captured in full' },
})

function textFlag(brief: string, placeholder: string): TypedFlagParameter<string | undefined, Context> {
  return { kind: 'parsed', parse: String, brief, placeholder, optional: true }
}

function listFlag(
  brief: string,
  placeholder: string,
): TypedFlagParameter<readonly string[] | undefined, Context> {
  return { kind: 'parsed', parse: String, brief, placeholder, optional: true, variadic: true }
}

function switchFlag(brief: string): TypedFlagParameter<boolean | undefined, Context> {
  return { kind: 'boolean', brief, optional: true, withNegated: false }
}

/** Whether it fits, the server says, with the rest. */
function number(input: string): number {
  const value = Number(input)
  if (input.trim() === '' || Number.isNaN(value)) throw new RangeError('a number')
  return value
}
