/** Which slots listen (TCP) or are bound without a peer (UDP) on a port of a namespace. */
export class ListenerIndex {
  readonly #slots = new Map<number, number[]>()

  add(netns: number, protocol: number, port: number, slot: number): void {
    const key = keyOf(netns, protocol, port)
    const slots = this.#slots.get(key)
    if (!slots) this.#slots.set(key, [slot])
    else if (!slots.includes(slot)) slots.push(slot)
  }

  remove(netns: number, protocol: number, port: number, slot: number): void {
    const key = keyOf(netns, protocol, port)
    const rest = this.#slots.get(key)?.filter((other) => other !== slot)
    if (rest?.length) this.#slots.set(key, rest)
    else this.#slots.delete(key)
  }

  /** The slots that listen there; several where the port is shared (SO_REUSEPORT, several addresses). */
  at(netns: number, protocol: number, port: number): readonly number[] | undefined {
    return this.#slots.get(keyOf(netns, protocol, port))
  }
}

/** Below 2^53: a namespace is a 32-bit inode. */
function keyOf(netns: number, protocol: number, port: number): number {
  return (netns * 256 + protocol) * 65_536 + port
}
