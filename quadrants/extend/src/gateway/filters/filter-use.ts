import { create } from '@bufbuild/protobuf'
import { FilterUseSchema, type FilterUse, type NamedCount } from '@quadrant/proto'
import type { FilterSummary } from './filter-summary.ts'

/**
 * What a server is told of a filter.
 *
 * @param delivered as what it is delivered, whatever the gateway calls it; undefined: it is of a file
 */
export function filterUseOf(summary: FilterSummary, delivered: string | undefined): FilterUse {
  return create(FilterUseSchema, {
    name: delivered ?? summary.name,
    fromFile: delivered === undefined,
    moduleSha256: new Uint8Array(Buffer.from(summary.digest.replace(/^sha256:/, ''), 'hex')),
    threads: namedCounts(summary.threads),
    openStreams: summary.openStreamCount,
    memoryBytes: summary.memoryBytes,
    streams: summary.streams,
    bypassed: summary.bypassed,
    refused: summary.refused,
    calls: summary.callbacks,
    fuel: summary.fuelUsed,
    callP50Ns: summary.callNs.p50,
    callP99Ns: summary.callNs.p99,
    callMeanNs: summary.callNs.mean,
    crashes: namedCounts(summary.crashes),
    limitsHit: namedCounts(summary.refusals),
    instances: summary.instancesMade,
  })
}

/** Those that are not 0. */
function namedCounts(counts: object): NamedCount[] {
  return Object.entries(counts)
    .filter((entry): entry is [string, number] => typeof entry[1] === 'number' && entry[1] > 0)
    .map(([name, count]) => ({ $typeName: 'quadrant.v1.NamedCount', name, count }))
}
