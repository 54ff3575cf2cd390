/** A network namespace and a path that opens it (`/proc/PID/ns/net`, `/run/netns/NAME`). */
export interface NetNamespace {
  readonly inode: number
  readonly path: string
}

/** What is known of a namespace from its last pass and from the events since. */
export interface NamespaceUse {
  /** Sockets in its last complete pass; undefined before the first. */
  readonly socketCount?: number
  /** Sockets that the pass walked over besides: those in TIME_WAIT. */
  readonly walkedOver?: number
  /** Number of the tick of its last complete pass. */
  readonly passedAt: number
  /** Whether events told of sockets there since. */
  readonly touched: boolean
}

/** Walking over fewer sockets in TIME_WAIT than this is cheap enough: 2 to 3 ms. */
const CROWD = 10_000
/** A namespace in which most sockets are in TIME_WAIT is walked once in so many ticks. */
const CROWDED_TICKS = 10

export interface PassPlan {
  /** Namespaces to walk each, in order. */
  readonly complete: readonly NetNamespace[]
  /** Whether one pass over the open files of all processes stands in for the others. */
  readonly owners: boolean
}

export interface PassLimits {
  /** How many namespaces may be walked in one tick, at least 1. */
  readonly most: number
  /** Number of this tick. */
  readonly tick: number
  /** Sockets in TIME_WAIT that make a namespace crowded. Default {@link CROWD}. */
  readonly crowd?: number
}

/**
 * Chooses the passes of one tick.
 *
 * Walking a namespace reads the whole socket hash of the machine (3 to 4 ms, even when it has no socket) and stops at
 * each socket in TIME_WAIT (a quarter of a microsecond), while one pass over open files reaches every namespace at
 * once, but not sockets that no process has open. So a few namespaces are walked each, but not again and again those
 * that are full of closed connections; of many, those that waited longest are walked in turn. The open files tell the
 * live counters of the rest. Empty ones only wait for their turn.
 */
export function planPasses(
  namespaces: readonly NetNamespace[],
  uses: ReadonlyMap<number, NamespaceUse>,
  { most, tick, crowd = CROWD }: PassLimits,
): PassPlan {
  const live: NetNamespace[] = []
  const empty: NetNamespace[] = []
  let crowdedCount = 0
  for (const namespace of namespaces) {
    const use = uses.get(namespace.inode)
    if (use !== undefined && isCrowded(use, crowd) && tick - use.passedAt < CROWDED_TICKS) {
      crowdedCount += 1
      continue
    }
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
    return { complete, owners: crowdedCount > 0 }
  }
  return { complete: [...live, ...empty].sort(byWait).slice(0, 1), owners: true }
}

function isCrowded({ socketCount = 0, walkedOver = 0 }: NamespaceUse, crowd: number): boolean {
  return walkedOver >= crowd && walkedOver > 2 * socketCount
}
