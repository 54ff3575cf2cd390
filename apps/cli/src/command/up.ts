import { FLOW_CAP_MAX, parseServiceRule } from '@quadrant/proto'
import { buildCommand, type TypedFlagParameter } from '@stricli/core'
import type { Context } from '../context.ts'
import type { UpFlags } from '../up/run.ts'
import { helpText, percent, wholeNumber } from './flags.ts'
import { withContext } from './with-context.ts'

/** A tebibyte. */
const LIMIT_MIB_MAX = 1 << 20

export const up = buildCommand<UpFlags, [], Context>({
  loader: withContext(async () => (await import('../up/run.ts')).runUp),
  parameters: {
    flags: {
      demo: {
        kind: 'boolean',
        brief: 'Also run a small shop of services under gentle load, so that an idle machine shows something',
        optional: true,
        withNegated: false,
      },
      data: {
        kind: 'parsed',
        parse: String,
        brief:
          'Where state is kept (default: QUADRANT_DATA, /var/lib/quadrant for root, else the XDG state directory)',
        placeholder: 'DIR',
        optional: true,
      },
      port: {
        kind: 'parsed',
        parse: wholeNumber(0, 65_535),
        brief:
          'Port of the console on loopback (default: QUADRANT_PORT, 7700, or a free one where that is taken)',
        placeholder: 'N',
        optional: true,
      },
      source: {
        kind: 'enum',
        values: ['auto', 'ebpf', 'proc'],
        brief: 'Where flows come from: auto is ebpf where this host allows it',
        default: 'auto',
      },
      flowCap: {
        kind: 'parsed',
        parse: wholeNumber(1, FLOW_CAP_MAX),
        brief: `Most single flows told per second (default: 5000, at most ${FLOW_CAP_MAX}: what one frame to the server holds); edges are exact with any`,
        placeholder: 'N',
        optional: true,
      },
      udpBytes: {
        kind: 'boolean',
        brief: 'Count the bytes of UDP too (costs every message a little)',
        optional: true,
        withNegated: false,
      },
      messages: {
        kind: 'parsed',
        parse: String,
        brief: 'One event for each send and receive of this process or service; may be given again',
        placeholder: 'TARGET',
        optional: true,
        variadic: true,
      },
      requests: {
        kind: 'parsed',
        parse: String,
        brief:
          'Read the HTTP requests in the packets of this service: rate, errors, latency by route (some 2 % of its CPU); * for all; may be given again',
        placeholder: 'SERVICE',
        optional: true,
        variadic: true,
      },
      service: {
        kind: 'parsed',
        parse: (text) => (parseServiceRule(text), text),
        brief:
          'Name what matches: NAME=FIELD:GLOB[,FIELD:GLOB], fields exe, arg, unit, container, cgroup; may be given again',
        placeholder: 'RULE',
        optional: true,
        variadic: true,
      },
      noProbes: {
        kind: 'boolean',
        brief:
          'Place no probe in any process: collections of Go programs are not seen, nor requests within their TLS',
        optional: true,
        withNegated: false,
      },
      noProfiles: {
        kind: 'boolean',
        brief: 'Take no samples of what processors do: there are no flame graphs',
        optional: true,
        withNegated: false,
      },
      probeBudget: {
        kind: 'parsed',
        parse: percent,
        brief:
          'Most of its CPU that observing may cost a process before its probes detach (default: 1; to read its TLS 15)',
        placeholder: 'PERCENT',
        optional: true,
      },
      pipeline: {
        kind: 'parsed',
        parse: String,
        brief:
          'Send telemetry on as this file says (docs/guide/pipeline.md); quadrant pipeline check looks at it',
        placeholder: 'FILE',
        optional: true,
      },
      journalLimit: limitFlag('Most disk for what the server has not taken yet', { min: 1, default: 64 }),
      flowsLimit: limitFlag('Most disk for single flows; the oldest go first', { min: 1, default: 256 }),
      storeLimit: limitFlag('Most disk for everything the server keeps', { min: 8, default: 1024 }),
      filterLimit: limitFlag('Most disk for modules of filters', { min: 1, default: 1024 }),
      gateways: textFlag(
        'Where gateways of other hosts get their filters, in mutual TLS (docs/guide/signed-filters.md)',
        'HOST:PORT',
      ),
      gatewaysCert: textFlag('The certificate for it, in PEM', 'FILE'),
      gatewaysKey: textFlag('Its key', 'FILE'),
      gatewaysCa: textFlag('Who signs the certificates of gateways', 'FILE'),
    },
  },
  docs: {
    brief: 'Start observing this machine; the first line printed is the address of the console',
    fullDescription: helpText(
      [
        'Start observing this machine; the first line printed is the address of the console.',
        '',
        'Runs the agent (as root where it can) and the server (as an ordinary user), restarts them when they die,',
        'and ends both with Ctrl-C: every probe is detached.',
      ].join('\n'),
      [
        ['sudo quadrant up', 'the whole machine'],
        ['sudo quadrant up --demo', 'with a shop of services to look at'],
        ['quadrant up', 'without root: what /proc shows'],
        ['sudo quadrant up --messages checkout', 'and every message of one service'],
        [
          "sudo quadrant up --service 'checkout=exe:*/shop,arg:--role=checkout'",
          'a service by your own name',
        ],
      ],
    ),
  },
})

function limitFlag(
  brief: string,
  limits: { readonly min: number; readonly default: number },
): TypedFlagParameter<number | undefined, Context> {
  return {
    kind: 'parsed',
    parse: wholeNumber(limits.min, LIMIT_MIB_MAX),
    brief: `${brief}, in MiB (default: ${limits.default})`,
    placeholder: 'MIB',
    optional: true,
  }
}

function textFlag(brief: string, placeholder: string): TypedFlagParameter<string | undefined, Context> {
  return { kind: 'parsed', parse: String, brief, placeholder, optional: true }
}
