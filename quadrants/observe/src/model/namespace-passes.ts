/** When the sockets of one protocol in a namespace were last looked through as a whole. Times in ns, CLOCK_MONOTONIC. */
export interface NamespacePasses {
  readonly netns: number
  readonly protocol: number
  /** Begin of the pass that runs now, 0 when none does. */
  beginNs: number
  /** Begins of the last two complete passes, 0 when there was none. */
  lastNs: number
  previousNs: number
  /** Sockets in the table. */
  socketCount: number
}

/** Passes by namespace and protocol, with a short cut for the ones asked for last. */
export class NamespaceTable {
  readonly #states = new Map<number, NamespacePasses>()
  #last: NamespacePasses | undefined

  /** The passes over a namespace; known from then on. */
  of(netns: number, protocol: number): NamespacePasses {
    const last = this.#last
    if (last !== undefined && last.netns === netns && last.protocol === protocol) return last
    const key = netns * 256 + protocol
    let state = this.#states.get(key)
    if (!state) {
      state = { netns, protocol, beginNs: 0, lastNs: 0, previousNs: 0, socketCount: 0 }
      this.#states.set(key, state)
    }
    this.#last = state
    return state
  }

  /** A complete pass begins. */
  begin(netns: number, protocol: number, ns: number): void {
    this.of(netns, protocol).beginNs = ns
  }

  /** The pass that runs is complete. */
  end(netns: number, protocol: number): void {
    const state = this.of(netns, protocol)
    if (state.beginNs === 0) return
    state.previousNs = state.lastNs
    state.lastNs = state.beginNs
    state.beginNs = 0
  }

  /** Forgets the namespaces that are gone. */
  retain(inodes: ReadonlySet<number>): void {
    for (const [key, state] of this.#states)
      if (state.socketCount === 0 && !inodes.has(state.netns)) this.#states.delete(key)
    this.#last = undefined
  }
}
