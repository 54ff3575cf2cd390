import { formatCount } from '@quadrant/core'

/** `1 record lost`, `1.20k records lost`. */
export function lostWords(count: number): string {
  return `${formatCount(count)} ${count === 1 ? 'record' : 'records'} lost`
}
