/** A network namespace and a path that opens it (`/proc/PID/ns/net`, `/run/netns/NAME`). */
export interface NetNamespace {
  readonly inode: number
  readonly path: string
}

/** What is known of a namespace from its last pass and from the events since. */
export interface NamespaceUse {
  /** Sockets in its last complete pass; undefined before the first. */
  readonly socketCount?: number
  /** Number of the tick of its last complete pass. */
  readonly passedAt: number
  /** Whether events told of sockets there since. */
  readonly touched: boolean
}

export interface PassPlan {
  /** Namespaces to walk completely, in order. */
  readonly complete: readonly NetNamespace[]
  /** Whether one pass over the open files of all processes stands in for the others. */
  readonly owners: boolean
}

/**
 * Chooses the passes of one tick.
 *
 * Walking a namespace reads the whole socket hash of the machine (3 to 4 ms, even when it has no socket), while
 * one pass over open files reaches every namespace at once, but not sockets that no process has open. So a few
 * namespaces are walked each; of many, those that waited longest are walked in turn, and the open files tell the
 * live counters of the rest. Empty ones only wait for their turn.
 *
 * @param most how many namespaces may be walked in one tick, at least 1
 */
export function planPasses(
  namespaces: readonly NetNamespace[],
  uses: ReadonlyMap<number, NamespaceUse>,
  most: number,
): PassPlan {
  const live: NetNamespace[] = []
  const empty: NetNamespace[] = []
  for (const namespace of namespaces) {
    const use = uses.get(namespace.inode)
    const isLive = use?.socketCount === undefined || use.socketCount > 0 || use.touched
    ;(isLive ? live : empty).push(namespace)
  }
  const byWait = (a: NetNamespace, b: NetNamespace): number =>
    (uses.get(a.inode)?.passedAt ?? -1) - (uses.get(b.inode)?.passedAt ?? -1)
  empty.sort(byWait)
  if (live.length <= most) {
    const complete = [...live]
    const next = empty[0]
    if (next !== undefined && complete.length < most) complete.push(next)
    return { complete, owners: false }
  }
  return { complete: [...live, ...empty].sort(byWait).slice(0, 1), owners: true }
}
