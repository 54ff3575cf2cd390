import type { EffectivePolicies } from '../ir/effective.ts'
import type { RouteIr } from '../ir/route.ts'
import { type Problem, unsupported } from '../back-end/problem.ts'
import { filterName, filtersOf, type PlacedFilter } from '../back-end/placed-filter.ts'
import { conditionIr } from '../lowering/matches.ts'
import { durationMs, quantityValue } from '../policy/schema/units.ts'
import type { SourceMap } from '../ir/source-map.ts'
import { type GatewayEntry, milliseconds } from './gateway-file.ts'
import { gatewayCondition } from './gateway-match.ts'

/** `filters` of a route: names, and for which requests. */
export function routeFilters(
  route: RouteIr,
  policies: EffectivePolicies,
  report: (problem: Problem) => void,
) {
  for (const { origin } of route.extensions)
    report(
      unsupported(
        origin,
        'filters of a route are those of FilterPolicies that are about it',
        'a FilterPolicy with targetRefs: [{ kind: HTTPRoute, … }]',
      ),
    )
  return filtersOf(policies).map((placed) => {
    const { matches, when } = placed.filter
    return Object.assign(
      { name: filterName(placed) },
      gatewayCondition(conditionIr(matches, when, placed.origin)),
    )
  })
}

/** An entry of `filters`. */
export function gatewayFilter(placed: PlacedFilter, sources: SourceMap): GatewayEntry {
  const { release, digest, configuration, onFailure, limits } = placed.filter
  const cpu = limits?.cpu
  const memory = limits?.memory
  return sources.note(
    {
      name: filterName(placed),
      module: digest === undefined ? { delivered: release } : { digest: `wasm:${digest}` },
      ...(configuration === undefined ? {} : { configuration }),
      on_failure: onFailure.toLowerCase(),
      ...(limits === undefined
        ? {}
        : {
            limits: {
              ...(cpu === undefined ? {} : { call_time: milliseconds(durationMs(cpu)!) }),
              ...(memory === undefined ? {} : { memory: `${Math.ceil(quantityValue(memory)! / 1024)}KiB` }),
            },
          }),
    },
    placed.origin,
  )
}
