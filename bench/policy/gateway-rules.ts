import { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import { ENVOY_STREAM_INFO } from '../../quadrants/extend/src/testing/envoy-stream.ts'
import type { AuthorizationRuleSpec } from '../../quadrants/extend/src/gateway/config/guard-spec.ts'
import { Authorization } from '../../quadrants/extend/src/gateway/guard/authorization.ts'
import { ExchangeView } from '../../quadrants/extend/src/gateway/guard/exchange-view.ts'
import { GuardCounts } from '../../quadrants/extend/src/gateway/guard/guard-counts.ts'
import { judge, type Row } from '../benchmark.ts'
import { median } from '../load/pairs.ts'

const RULES = 1000
const SLICES = 12
const GOAL_US = 2

const noMatch = { matches: [], when: undefined }

/** Rules as they are written most: by path, by caller, by an expression. */
const KINDS: readonly (readonly [name: string, rule: (index: number) => Partial<AuthorizationRuleSpec>])[] = [
  [
    'by path',
    (index) => ({
      condition: {
        matches: [
          {
            path: { kind: 'prefix', path: `/team-${index}/cart`, isSegment: true },
            isCaseSensitive: true,
            methods: [],
            headers: [],
            query: [],
          },
        ],
        when: undefined,
      },
    }),
  ],
  [
    'by an expression',
    (index) => ({
      condition: {
        matches: [],
        when: `request.headers['x-tenant'] == 'tenant-${index}' && request.method == 'GET'`,
      },
    }),
  ],
]

/** CPU of asking 1,000 rules, a request. */
export function measureRules(quick: boolean): readonly Row[] {
  return KINDS.flatMap(([name, ruleOf]) =>
    (['the last fits', 'none fits'] as const).map((which) => {
      const rules = Array.from({ length: RULES }, (_, index): AuthorizationRuleSpec => ({
        name: `rule-${index}`,
        action: 'allow',
        from: [],
        condition: noMatch,
        ...ruleOf(index),
      }))
      const authorization = new Authorization(
        { rules, otherwise: 'deny', isShadow: false },
        new GuardCounts({}),
      )
      const chosen = which === 'the last fits' ? RULES - 1 : RULES + 7
      const requests = Array.from({ length: 64 }, () =>
        HeaderMap.of([
          [':method', 'GET'],
          [':scheme', 'http'],
          [':authority', 'shop.example'],
          [':path', `/team-${chosen}/cart/1?page=2`],
          ['user-agent', 'bench'],
          ['accept', '*/*'],
          ['x-tenant', `tenant-${chosen}`],
        ]),
      )
      const turns = quick ? 400 : 4000
      const slices = Array.from({ length: SLICES }, () => {
        const begin = process.cpuUsage().user
        for (let turn = 0; turn < turns; turn++)
          for (const headers of requests) authorization.check(new ExchangeView(ENVOY_STREAM_INFO, headers))
        return (process.cpuUsage().user - begin) / (turns * requests.length)
      }).slice(2)
      return judge({
        case: `1,000 rules ${name}, of which ${which}`,
        unit: 'us CPU a request',
        ours: median(slices),
        spread: [Math.min(...slices), Math.max(...slices)],
        goal: GOAL_US,
      })
    }),
  )
}
