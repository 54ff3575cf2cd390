import type { NetworkNamespace } from '../discover/namespaces.ts'
import { readText } from '../discover/proc-files.ts'
import type { OpenCounts } from '../model/checkpoint.ts'
import { parseOpenCounts } from '../proc/open-counts.ts'

/** Namespaces whose counts of opened connections are read each tick. */
const COUNTED_NAMESPACES = 16

/**
 * The kernel's counts of opened connections by namespace, less those that no edge was told of yet.
 *
 * @param heldOpens connections by namespace whose opening was held back
 */
export function readOpens(
  procRoot: string,
  namespaces: readonly NetworkNamespace[],
  heldOpens: ReadonlyMap<number, number>,
): Map<number, OpenCounts> {
  const opens = new Map<number, OpenCounts>()
  for (const { inode, pid } of namespaces) {
    if (pid === 0) continue
    const counts = parseOpenCounts(readText(`${procRoot}/${pid}/net/snmp`))
    if (counts) opens.set(inode, withoutHeld(counts, heldOpens.get(inode) ?? 0))
    if (opens.size === COUNTED_NAMESPACES) break
  }
  return opens
}

/** How many connections more were opened at both ends since, in the namespaces that are there still. */
export function openedSince(
  before: ReadonlyMap<number, OpenCounts>,
  now: ReadonlyMap<number, OpenCounts>,
): number {
  let opened = 0
  for (const [netns, { active, passive }] of before) {
    const counts = now.get(netns)
    if (counts) opened += counts.active + counts.passive - active - passive
  }
  return opened
}

/** Only the sum of both counts is compared, so it does not matter which of them the held ones are taken from. */
function withoutHeld({ active, passive }: OpenCounts, held: number): OpenCounts {
  const fromActive = Math.min(active, held)
  return { active: active - fromActive, passive: Math.max(0, passive - (held - fromActive)) }
}
