import { FILTER_NAME, SHA256_BYTES } from '@quadrant/extend/release'
import type { GatewayHello, GatewayReport, NamedCount, OrderStatus, ReleaseStatus } from '@quadrant/proto'
import { clean } from '../ingest/clean.ts'
import { atMost, counter, Refused, refusalOf, text, TEXT_MAX, type Refusal } from '../ingest/refusal.ts'

/** One gateway has a place for so many. */
const FILTERS_MAX = 256
const REASON_LENGTH_MAX = 1024
const SIGNERS_MAX = 16
const STAGE_MAX = 7
/** Reasons why a filter crashed, or was refused something: a gateway knows some ten. */
const REASONS_MAX = 32

/** What is wrong with what a gateway says of itself. */
export function checkGateway({
  nodeId,
  host,
  version,
  filters,
  held,
  partials,
}: GatewayHello): Refusal | undefined {
  return refusalOf(() => {
    text('node_id', nodeId, TEXT_MAX.name)
    text('host', host, TEXT_MAX.name)
    text('version', version, TEXT_MAX.label, true)
    atMost('filters', filters.length, FILTERS_MAX)
    atMost('held filters', held.length, FILTERS_MAX)
    atMost('partial modules', partials.length, FILTERS_MAX)
    for (const name of filters) filterName(name)
  }).refusal
}

/** What is wrong with a status, whose texts are made harmless here. */
export function checkStatus(status: ReleaseStatus, nowNs: number): Refusal | undefined {
  return refusalOf(() => {
    if (status.name !== '') filterName(status.name)
    if (status.releaseSha256.length !== SHA256_BYTES) throw new Refused('text', 'release_sha256 is no digest')
    if (status.servingVersion > 0n && status.servingSha256.length !== SHA256_BYTES)
      throw new Refused('text', 'serving_sha256 is no digest')
    if (!(status.stage > 0 && status.stage <= STAGE_MAX))
      throw new Refused('index', `stage is ${status.stage}`)
    text('code', status.code, TEXT_MAX.label, true)
    atMost('signers', status.signers.length, SIGNERS_MAX)
    for (const id of status.signers) text('signer', id, TEXT_MAX.name)
    status.reason = clean(status.reason, REASON_LENGTH_MAX)
    status.timeNs = timeOf(status.timeNs, nowNs)
  }).refusal
}

export function checkOrderStatus(status: OrderStatus, nowNs: number): Refusal | undefined {
  return refusalOf(() => {
    if (status.name !== '') filterName(status.name)
    if (status.orderSha256.length !== SHA256_BYTES) throw new Refused('text', 'order_sha256 is no digest')
    text('code', status.code, TEXT_MAX.label, true)
    status.reason = clean(status.reason, REASON_LENGTH_MAX)
    status.timeNs = timeOf(status.timeNs, nowNs)
  }).refusal
}

/** What is wrong with what a gateway counts. */
export function checkReport({ uptimeNs, filters }: GatewayReport): Refusal | undefined {
  return refusalOf(() => {
    counter('uptime_ns', uptimeNs)
    atMost('filters', filters.length, FILTERS_MAX)
    for (const use of filters) {
      filterName(use.name)
      if (use.moduleSha256.length !== SHA256_BYTES) throw new Refused('text', 'module_sha256 is no digest')
      for (const [name, value] of Object.entries(use)) if (typeof value === 'number') counter(name, value)
      for (const counts of [use.threads, use.crashes, use.limitsHit]) namedCounts(counts)
    }
  }).refusal
}

function namedCounts(counts: readonly NamedCount[]): void {
  atMost('reasons', counts.length, REASONS_MAX)
  for (const { name, count } of counts) {
    text('a reason', name, TEXT_MAX.label)
    counter(name, count)
  }
}

/** A gateway whose clock is ahead tells of now. */
function timeOf(ns: number, nowNs: number): number {
  return ns > 0 && ns <= nowNs ? ns : nowNs
}

function filterName(name: string): void {
  if (!FILTER_NAME.test(name)) throw new Refused('text', 'a name is none of a filter')
}
