import { buildCommand, buildRouteMap } from '@stricli/core'
import type { Context } from '../context.ts'
import type { PolicyCheckFlags } from '../policy/check.ts'
import type { PolicyCompileFlags } from '../policy/compile.ts'
import type { PolicyExplainFlags } from '../policy/explain-request.ts'
import { documentOutputFlag, helpText, wholeNumber } from './flags.ts'
import { withContext, type NoFlags } from './with-context.ts'

const paths = {
  kind: 'array',
  parameter: {
    parse: String,
    brief: 'Files, or folders with all that is below them; - is stdin (default: this folder)',
    placeholder: 'PATH',
  },
} as const

const check = buildCommand<PolicyCheckFlags, string[], Context>({
  loader: withContext(async () => (await import('../policy/check.ts')).runPolicyCheck),
  parameters: {
    flags: {
      output: documentOutputFlag,
      for: {
        kind: 'enum',
        values: ['envoy', 'gateway'],
        brief: 'Also what these back ends could not enforce; may be given several times',
        variadic: ',',
        optional: true,
      },
      openWorld: {
        kind: 'boolean',
        brief: 'Services and Secrets are not among the files: that one is missing is not told',
        default: false,
        withNegated: false,
      },
    },
    positional: paths,
  },
  docs: {
    brief: 'Say all that is wrong with policies, each at its line and column',
    fullDescription: helpText(
      [
        'Say all that is wrong with policies, each at its line and column, with what mends it: what no kind has, what',
        'refers to nothing, what contradicts or shadows something else, and which of two policies wins.',
        '',
        'Exit code 0 where there is no error, 1 where there is.',
      ].join('\n'),
      [
        ['quadrant policy check', 'all files here'],
        ['quadrant policy check policies --for envoy,gateway', 'and what those could not enforce'],
        ['kubectl get httproutes -o yaml | quadrant policy check --open-world -', 'of a cluster'],
        ['quadrant explain POL030', 'more about a code'],
      ],
    ),
  },
})

const compile = buildCommand<PolicyCompileFlags, string[], Context>({
  loader: withContext(async () => (await import('../policy/compile.ts')).runPolicyCompile),
  parameters: {
    flags: {
      to: { kind: 'enum', values: ['envoy', 'gateway'], brief: 'What is to enforce them' },
      gateway: {
        kind: 'parsed',
        parse: String,
        brief: 'Only this Gateway',
        placeholder: 'NAMESPACE/NAME',
        optional: true,
      },
    },
    positional: paths,
  },
  docs: {
    brief: 'Print what policies compile to: resources of Envoy, or the file of a gateway',
    fullDescription: helpText(
      [
        'Print what policies compile to: resources of Envoy 1.40, or the file of a gateway, as JSON, which is YAML too.',
        '',
        'What the back end cannot enforce is an error at its line (POL044): nothing is left out in silence.',
      ].join('\n'),
      [
        ['quadrant policy compile --to envoy policies', 'listeners, routes and clusters'],
        ['quadrant policy compile --to gateway policies > gateway.yaml', 'for quadrant gateway'],
      ],
    ),
  },
})

const explain = buildCommand<PolicyExplainFlags, [string, string], Context>({
  loader: withContext(async () => (await import('../policy/explain-request.ts')).runPolicyExplain),
  parameters: {
    flags: {
      policies: {
        kind: 'parsed',
        parse: String,
        brief: 'Files or folders of policies; may be given several times',
        placeholder: 'PATH',
        variadic: true,
        default: ['.'],
      },
      from: {
        kind: 'parsed',
        parse: String,
        brief: 'Who asks: a SPIFFE ID, or an address',
        placeholder: 'ID',
        optional: true,
      },
      header: {
        kind: 'parsed',
        parse: String,
        brief: "A header of the request, 'name: value'; may be given several times",
        placeholder: 'HEADER',
        variadic: true,
        optional: true,
      },
      port: {
        kind: 'parsed',
        parse: wholeNumber(1, 65_535),
        brief: 'Port of the listener (default: that of the address)',
        placeholder: 'N',
        optional: true,
      },
      output: documentOutputFlag,
    },
    positional: {
      kind: 'tuple',
      parameters: [
        { parse: String, brief: 'Such as GET', placeholder: 'METHOD' },
        { parse: String, brief: 'Such as https://shop.example/cart', placeholder: 'URL' },
      ],
    },
  },
  docs: {
    brief: 'Say what becomes of a request, which policies decide it, which lost and why',
    fullDescription: helpText(
      [
        'Say what becomes of a request: which route has it, which policies decide it at which level, which lost and why.',
        '',
        'Nothing is asked over the network. Limits are as if nothing had come before, tokens are right, faults hit.',
      ].join('\n'),
      [
        ['quadrant policy explain GET https://shop.example/cart', 'with the policies here'],
        [
          'quadrant policy explain POST http://shop.example/cart --from spiffe://quadrant.local/ns/shop/sa/web',
          'asked by somebody',
        ],
        ["quadrant policy explain GET http://shop.example/ --header 'x-beta: yes' -o json", 'for programs'],
      ],
    ),
  },
})

const diff = buildCommand<NoFlags, [string, string], Context>({
  loader: withContext(async () => (await import('../policy/diff.ts')).runPolicyDiff),
  parameters: {
    positional: {
      kind: 'tuple',
      parameters: [
        { parse: String, brief: 'Policies as they were: a file or a folder', placeholder: 'OLD' },
        { parse: String, brief: 'Policies as they are to be', placeholder: 'NEW' },
      ],
    },
  },
  docs: {
    brief: 'Say what two sets of policies mean differently, route by route',
    fullDescription: helpText(
      [
        'Say what two sets of policies mean differently: routes that are new, gone or go elsewhere, and rules that are in',
        'force with another value. What is written otherwise and means the same is not told.',
        '',
        'Exit code 0 where they mean the same, 1 where not.',
      ].join('\n'),
      [
        ['quadrant policy diff old policies', 'two folders'],
        [
          'git worktree add /tmp/main main && quadrant policy diff /tmp/main/policies policies',
          'what a branch changes',
        ],
      ],
    ),
  },
})

export const policy = buildRouteMap({
  routes: { check, compile, explain, diff },
  docs: { brief: 'Check policies, see what they compile to, and what they decide' },
})
