import { formatCount } from '@quadrant/core'
import type { NamedCount } from '@quadrant/proto'
import { ageText } from './clock-text.ts'
import { hexOf, type FilterPlace } from './filter-row.ts'

/** Reasons of crashes, and what was over a limit, as gateways name them. */
const REASON_WORDS: Readonly<Record<string, string>> = {
  trap: 'traps',
  stack: 'stack overflows',
  fuel: 'out of fuel',
  time: 'out of time',
  'host-calls': 'too many calls of the host',
  exit: 'exits',
  start: 'failed starts',
  configuration: 'refused configurations',
  logLines: 'log lines',
  calls: 'calls',
  contexts: 'contexts',
  metrics: 'metrics',
  values: 'values too large',
  capability: 'without the capability',
  properties: 'properties and functions of the host',
}

/** `3 traps, 1 out of fuel`; empty where nothing was counted. */
export function countWords(counts: readonly NamedCount[]): string {
  return counts.map(({ name, count }) => `${formatCount(count)} ${REASON_WORDS[name] ?? name}`).join(', ')
}

/** `2 threads serving`, `of 4 threads 1 restarting, 3 serving`. */
export function threadWords(threads: readonly NamedCount[]): string {
  const sum = threads.reduce((total, { count }) => total + count, 0)
  const words = sum === 1 ? 'thread' : 'threads'
  if (threads.length === 1) return `${sum} ${words} ${threads[0]!.name}`
  return threads.length === 0
    ? ''
    : `of ${sum} ${words} ${threads.map(({ name, count }) => `${count} ${name}`).join(', ')}`
}

/** How far a gateway is with what it was offered, and what serves there: `version 3 refused, told 5 s ago; version 2 serves`. */
export function placeWords(place: FilterPlace, nowMs: number): string {
  const { gateway, state, stage, servingVersion, toldVersion, toldMs } = place
  const { isOfFile, reading } = place
  const age = (ms: number) => ageText((nowMs - ms) / 1000)
  const served = servingVersion === 0n ? 'nothing serves' : `version ${servingVersion} serves`
  const digest = isOfFile && reading?.use ? hexOf(reading.use.moduleSha256) : ''
  if (isOfFile && state === 'away')
    return `last seen ${age(gateway.seenNs / 1e6)}; from a file there, ${shortDigest(digest)}`
  if (isOfFile)
    return `from a file there, ${shortDigest(digest)}; the gateway’s own file says whether it serves`
  if (state === 'away') return `last seen ${age(gateway.seenNs / 1e6)}; ${served}, as far as is known`
  if (state === 'off')
    return servingVersion === 0n ? 'switched off' : `version ${servingVersion} is switched off`
  if (toldMs === 0) return stage
  const told = `version ${versionText(toldVersion)} ${stage}, told ${age(toldMs)}`
  return servingVersion === toldVersion ? told : `${told}; ${served}`
}

/** `sha256:9f86d081884c`: enough to tell keys and modules apart. */
export function shortDigest(digest: string): string {
  const hex = digest.replace(/^sha256:/, '')
  return hex === '' ? '' : `sha256:${hex.slice(0, 12)}`
}

export function versionText(version: bigint | undefined): string {
  return version === undefined || version === 0n ? '–' : String(version)
}

/** `2026-12-27` in the person's own time zone. */
export function dayText(ms: number): string {
  const date = new Date(ms)
  const pad = (value: number) => String(value).padStart(2, '0')
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`
}
