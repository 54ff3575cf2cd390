import { formatCount } from '@quadrant/core'
import type { NamedCount } from '@quadrant/proto'

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
