import { DROP_WORDS, dropKind, type Drop } from '@quadrant/proto'

/** `12 lost at kernel.ring: full` */
export function dropText(drop: Drop): string {
  return `${drop.count} ${DROP_WORDS[dropKind(drop)]} at ${drop.stage}: ${drop.reason}`
}
