import { CAPTURE_FIELDS, REQUEST_FIELDS } from '@quadrant/core'
import type { ServiceImpl } from '@connectrpc/connect'
import type { QuadrantService } from '@quadrant/proto'
import { queryCaptures } from '../query/captures.ts'
import { planRange, resolveRange } from '../query/range.ts'
import { queryRequests } from '../query/requests.ts'
import type { ServerState } from '../state.ts'
import { answer } from './answer.ts'
import { levelOf } from './level.ts'
import { parseQuery } from './query-text.ts'

/** The part of QuadrantService that tells of requests. */
export function requestRoutes({
  store,
  clock,
}: ServerState): Pick<ServiceImpl<typeof QuadrantService>, 'getRequests' | 'listRequests'> {
  return {
    getRequests: (request) => {
      const nowNs = clock.nowNs()
      const range = resolveRange(request.range, nowNs)
      const { edge, client, server, grouping, limit, maxPoints, withHistograms } = request
      return answer(
        queryRequests(store, {
          range,
          plan: planRange(range, nowNs),
          level: levelOf(request.level),
          query: parseQuery(request.query, REQUEST_FIELDS),
          edge,
          client,
          server,
          grouping,
          limit,
          maxPoints,
          withHistograms,
          nowNs,
        }),
      )
    },
    listRequests: (request, { signal }) => {
      const nowNs = clock.nowNs()
      const range = resolveRange(request.range, nowNs)
      const query = parseQuery(request.query, CAPTURE_FIELDS)
      const { limit } = request
      const [before, after] = [request.before, request.after].map(cursor) as [number, number]
      return queryCaptures(store, { range, query, limit, before, after, nowNs, signal })
    },
  }
}

/** A bound that is none of an id is no bound. */
function cursor(id: number): number {
  return Number.isSafeInteger(id) && id > 0 ? id : 0
}
