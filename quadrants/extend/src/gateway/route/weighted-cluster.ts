import type { WeightedClusterSpec } from '../config/route-spec.ts'

/** The cluster that a request or a connection goes to, by weight. `random` is from 0 up to, and without, 1. */
export function pickCluster(
  { clusters }: { readonly clusters: readonly WeightedClusterSpec[] },
  random: () => number,
): string {
  const [first] = clusters
  if (clusters.length === 1) return first?.cluster ?? ''
  let sum = 0
  for (const { weight } of clusters) sum += weight
  let left = random() * sum
  for (const { cluster, weight } of clusters) {
    left -= weight
    if (left < 0) return cluster
  }
  return clusters.findLast(({ weight }) => weight > 0)?.cluster ?? ''
}
