import { buildCommand, buildRouteMap, type TypedFlagParameter } from '@stricli/core'
import { FILTER_CAPABILITIES } from '@quadrant/extend/release'
import type { Context } from '../context.ts'
import type { FilterKillFlags, FilterRollbackFlags } from '../filter/change.ts'
import type { FilterKeygenFlags } from '../filter/keygen.ts'
import type { FilterListFlags } from '../filter/list.ts'
import type { FilterChangeFlags, FilterPushFlags } from '../filter/push.ts'
import type { FilterSignFlags } from '../filter/sign.ts'
import type { FilterVerifyFlags } from '../filter/verify.ts'
import {
  dataFlag,
  documentOutputFlag,
  durationSeconds,
  helpText,
  wholeNumber,
  wideOutputFlag,
} from './flags.ts'
import { filterTest } from './filter-test.ts'
import { withContext } from './with-context.ts'

const DAY_SECONDS = 86_400
const YEARS_10 = 3653 * DAY_SECONDS

const nameParameter = { parse: String, brief: 'Name of a filter', placeholder: 'NAME' } as const
const fileParameter = {
  parse: String,
  brief: 'The module, or the manifest that was signed: FILE.wasm and FILE.signed lie side by side',
  placeholder: 'FILE',
} as const

const changeFlags = {
  wait: {
    kind: 'parsed',
    parse: durationSeconds(0, DAY_SECONDS),
    brief: 'How long to wait for what connected gateways make of it; 0s: not at all',
    placeholder: 'TIME',
    default: '30s',
  },
  data: dataFlag,
  output: documentOutputFlag,
} as const

const keysFlag = {
  kind: 'parsed',
  parse: String,
  brief: 'A private key of `quadrant filter keygen`; several, where gateways want several',
  placeholder: 'FILE',
  variadic: true,
} as const

const validForFlag = {
  kind: 'parsed',
  parse: durationSeconds(60, YEARS_10),
  brief: 'How long gateways may accept it; what serves then goes on',
  placeholder: 'TIME',
  default: '30d',
} as const

function textFlag(brief: string, placeholder: string): TypedFlagParameter<string | undefined, Context> {
  return { kind: 'parsed', parse: String, brief, placeholder, optional: true }
}

function numberFlag(
  brief: string,
  placeholder: string,
  max: number,
): TypedFlagParameter<number | undefined, Context> {
  return { kind: 'parsed', parse: wholeNumber(1, max), brief, placeholder, optional: true }
}

const keygen = buildCommand<FilterKeygenFlags, [], Context>({
  loader: withContext(async () => (await import('../filter/keygen.ts')).runFilterKeygen),
  parameters: {
    flags: {
      out: {
        kind: 'parsed',
        parse: String,
        brief: 'Where to write: NAME.pem is the private key, NAME.pub.pem the public one',
        placeholder: 'NAME',
        default: 'filter-key',
      },
      output: documentOutputFlag,
    },
    aliases: { o: 'output' },
  },
  docs: {
    brief: 'Make a pair of keys: one signs filters, the other goes to gateways',
    fullDescription: helpText(
      [
        'Make a pair of Ed25519 keys. The private one signs filters, and can be read by you alone; the public one goes into',
        'trusted_keys of gateways. What is printed is the id of the key.',
      ].join('\n'),
      [
        ['quadrant filter keygen', 'filter-key.pem and filter-key.pub.pem'],
        ['quadrant filter keygen --out ~/.keys/edge', 'elsewhere'],
      ],
    ),
  },
})

const sign = buildCommand<FilterSignFlags, [string], Context>({
  loader: withContext(async () => (await import('../filter/sign.ts')).runFilterSign),
  parameters: {
    flags: {
      key: keysFlag,
      name: {
        kind: 'parsed',
        parse: String,
        brief: 'Of the filter, as gateways name it',
        placeholder: 'NAME',
      },
      version: {
        kind: 'parsed',
        parse: releaseVersion,
        brief: 'Above all that were pushed: gateways take no older one',
        placeholder: 'N',
      },
      rootId: textFlag('plugin_root_id', 'ID'),
      vmId: textFlag('Filters with the same one share data', 'ID'),
      config: textFlag('A file that the filter reads as its configuration', 'FILE'),
      vmConfig: textFlag('A file that its VM reads as its configuration', 'FILE'),
      capability: {
        kind: 'enum',
        values: FILTER_CAPABILITIES,
        brief: 'What it may ask its host for (default: all that it imports)',
        optional: true,
        variadic: true,
      },
      fuel: numberFlag('Most that one call may compute, in millions of units', 'MILLIONS', 1_000_000),
      callMs: numberFlag('Longest that one call may take', 'MS', 60_000),
      memory: numberFlag('Most memory of an instance, in MiB', 'MIB', 4096),
      calls: numberFlag('Most HTTP and gRPC calls under way', 'N', 1_000_000),
      failOpen: {
        kind: 'boolean',
        brief: 'Requests go on without the filter where it fails',
        optional: true,
        withNegated: false,
      },
      validFor: validForFlag,
      notBefore: textFlag('From when on gateways may accept it: 2026-01-31T12:00:00Z', 'WHEN'),
      note: textFlag('For people', 'TEXT'),
      out: textFlag('Where to write (default: beside the module, FILE.signed)', 'FILE'),
      output: documentOutputFlag,
    },
    aliases: { o: 'output', k: 'key' },
    positional: {
      kind: 'tuple',
      parameters: [{ parse: String, brief: 'The module of a filter', placeholder: 'FILE' }],
    },
  },
  docs: {
    brief: 'Sign a filter: its digest, limits, capabilities, version and time',
    fullDescription: helpText(
      [
        'Sign a filter: which module it is, what it may use and ask for, its version, and how long gateways may accept it.',
        'The manifest and its signatures lie in FILE.signed beside the module. Nothing is sent anywhere.',
      ].join('\n'),
      [
        ['quadrant filter sign auth.wasm --name auth --version 3 --key filter-key.pem', 'writes auth.signed'],
        [
          'quadrant filter sign auth.wasm --name auth --version 4 --key filter-key.pem --config auth.json --valid-for 7d',
          'with a configuration, for a week',
        ],
      ],
    ),
  },
})

const verify = buildCommand<FilterVerifyFlags, [string], Context>({
  loader: withContext(async () => (await import('../filter/verify.ts')).runFilterVerify),
  parameters: {
    flags: {
      key: {
        kind: 'parsed',
        parse: String,
        brief: 'A public key whose signature counts',
        placeholder: 'FILE',
        variadic: true,
      },
      output: documentOutputFlag,
    },
    aliases: { o: 'output', k: 'key' },
    positional: { kind: 'tuple', parameters: [fileParameter] },
  },
  docs: {
    brief: 'Check a signed filter as a gateway does: signature, time, digest',
    fullDescription: helpText(
      [
        'Check a signed filter as a gateway does: signature, time, and the digest of the module beside it. What a gateway',
        'grants is for its own configuration to say. Exit code 1 where it would be refused.',
      ].join('\n'),
      [['quadrant filter verify auth.signed --key filter-key.pub.pem', 'auth.wasm is the module']],
    ),
  },
})

const push = buildCommand<FilterPushFlags, [string], Context>({
  loader: withContext(async () => (await import('../filter/push.ts')).runFilterPush),
  parameters: {
    flags: {
      stage: {
        kind: 'boolean',
        brief: 'Only keep it on the server; `filter swap` offers it',
        optional: true,
        withNegated: false,
      },
      ...changeFlags,
    },
    aliases: { o: 'output' },
    positional: { kind: 'tuple', parameters: [fileParameter] },
  },
  docs: {
    brief: 'Push a signed filter to every gateway',
    fullDescription: helpText(
      [
        'Push a signed filter to every gateway that has a place for it. Each verifies it before it compiles anything, begins',
        'it beside what serves, and swaps; requests that are under way end as they began. A push that was cut goes on where',
        'it ended. Exit code 1 where a gateway refuses it: what served before serves on there.',
      ].join('\n'),
      [
        ['quadrant filter push auth.signed', 'auth.wasm is the module'],
        ['quadrant filter push auth.signed --stage', 'and later: quadrant filter swap auth 3'],
      ],
    ),
  },
})

const list = buildCommand<FilterListFlags, [string?], Context>({
  loader: withContext(async () => (await import('../filter/list.ts')).runFilterList),
  parameters: {
    flags: { data: dataFlag, output: wideOutputFlag },
    aliases: { o: 'output' },
    positional: {
      kind: 'tuple',
      parameters: [{ ...nameParameter, optional: true, brief: 'Name of a filter, for its history' }],
    },
  },
  docs: {
    brief: 'List filters, what serves on each gateway, and why not',
    fullDescription: helpText('List filters and what serves on each gateway; of one filter, its releases.', [
      ['quadrant filter list', 'all filters and gateways'],
      ['quadrant filter list -o wide', 'with what each gateway counts: rates, times of calls, crashes'],
      ['quadrant filter list auth', 'releases of one, newest first'],
      ['quadrant filter list -o json', 'for a script'],
    ]),
  },
})

const swap = buildCommand<FilterChangeFlags, [string, bigint], Context>({
  loader: withContext(async () => (await import('../filter/change.ts')).runFilterSwap),
  parameters: {
    flags: changeFlags,
    aliases: { o: 'output' },
    positional: {
      kind: 'tuple',
      parameters: [
        nameParameter,
        { parse: releaseVersion, brief: 'Of a release that is kept', placeholder: 'VERSION' },
      ],
    },
  },
  docs: {
    brief: 'Offer gateways a release that was only kept',
    fullDescription: helpText(
      'Offer gateways a release that was pushed with --stage. Back leads `quadrant filter rollback`.',
      [['quadrant filter swap auth 3', 'version 3 of auth']],
    ),
  },
})

const rollback = buildCommand<FilterRollbackFlags, [string], Context>({
  loader: withContext(async () => (await import('../filter/change.ts')).runFilterRollback),
  parameters: {
    flags: {
      to: {
        kind: 'parsed',
        parse: releaseVersion,
        brief: 'The version that is wanted again',
        placeholder: 'VERSION',
      },
      key: keysFlag,
      trust: {
        kind: 'parsed',
        parse: String,
        brief: 'A public key that may have signed the old version, besides those that sign now',
        placeholder: 'FILE',
        optional: true,
        variadic: true,
      },
      validFor: validForFlag,
      ...changeFlags,
    },
    aliases: { o: 'output', k: 'key' },
    positional: { kind: 'tuple', parameters: [nameParameter] },
  },
  docs: {
    brief: 'Sign an older version again, as the next one, and push it',
    fullDescription: helpText(
      [
        'Sign an older version again, as the next one, and push it: module, configuration and limits are what they were.',
        'Gateways take no older version by its old number, whoever asks: with it any correction could be undone. What is',
        'signed again must have been signed before, by one of the keys or of those of --trust.',
      ].join('\n'),
      [
        ['quadrant filter rollback auth --to 2 --key filter-key.pem', 'version 4 is version 2 again'],
        [
          'quadrant filter rollback auth --to 2 --key new-key.pem --trust old-key.pub.pem',
          'which an older key has signed',
        ],
      ],
    ),
  },
})

const kill = buildCommand<FilterKillFlags, [string], Context>({
  loader: withContext(async () => (await import('../filter/change.ts')).runFilterKill),
  parameters: {
    flags: {
      key: { ...keysFlag, optional: true, brief: 'Sign the order; gateways may want that' },
      undo: { kind: 'boolean', brief: 'Switch it on again', optional: true, withNegated: false },
      reason: textFlag('For people', 'TEXT'),
      ...changeFlags,
    },
    aliases: { o: 'output', k: 'key' },
    positional: { kind: 'tuple', parameters: [nameParameter] },
  },
  docs: {
    brief: 'Switch a filter off at once, on every gateway',
    fullDescription: helpText(
      [
        'Switch a filter off at once, on every gateway, also on those that come later. What becomes of requests without it,',
        'each gateway says for itself: they are refused, if it says nothing. Exit code 1 where a gateway does not follow.',
      ].join('\n'),
      [
        ['quadrant filter kill auth --key filter-key.pem --reason "it loops"', 'off'],
        ['quadrant filter kill auth --undo --key filter-key.pem', 'on again'],
      ],
    ),
  },
})

export const filter = buildRouteMap({
  routes: { test: filterTest, keygen, sign, verify, push, list, swap, rollback, kill },
  docs: { brief: 'Test filters of proxy-wasm, sign them, and bring them to every gateway' },
})

function releaseVersion(input: string): bigint {
  if (!/^[1-9]\d{0,17}$/.test(input)) throw new RangeError('a whole number from 1 on')
  return BigInt(input)
}
