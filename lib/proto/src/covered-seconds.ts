import type { GetMapResponse } from './gen/quadrant/v1/api_pb.ts'

/** Seconds that a map's rates are over: those of the range that hold data, so that a young agent's rates are right too. */
export function coveredSeconds({ edges, range }: Pick<GetMapResponse, 'edges' | 'range'>): number {
  const length = Math.max(1, ((range?.endNs ?? 0) - (range?.startNs ?? 0)) / 1e9)
  const covered = Math.max(0, ...edges.map((edge) => edge.seconds))
  return covered > 0 ? Math.min(covered, length) : length
}
