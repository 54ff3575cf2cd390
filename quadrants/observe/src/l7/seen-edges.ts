import { Protocol } from '../kernel/record.ts'
import type { EdgeTable } from '../model/edge-table.ts'

/** An edge is remembered for so many windows: a request may be told after its connection was. */
const REMEMBERED_TICKS = 10
/** Edges of all ports. */
const REMEMBERED_MAX = 16_384

/** Who was seen to talk over TCP: ends as in {@link EdgeTable}. */
export interface SeenEdge {
  readonly client: number
  readonly server: number
  tick: number
}

/** The edges of the last windows by the port that is served. */
export class SeenEdges {
  readonly #ports = new Map<number, Map<string, SeenEdge>>()
  #count = 0
  #tick = 0

  /** The edges that carried something in the window that ends. */
  see(edges: EdgeTable): void {
    this.#tick++
    for (let edge = 0; edge < edges.highWater; edge++) {
      if (!edges.isUsed(edge) || (edges.touched[edge] === 0 && edges.active[edge] === 0)) continue
      const port = edges.port[edge]!
      if (port >>> 16 === Protocol.tcp) this.#add(port & 0xffff, edges.client[edge]!, edges.server[edge]!)
    }
    this.#forget()
  }

  /** Those that lead to a port. */
  at(port: number): Iterable<SeenEdge> {
    return this.#ports.get(port)?.values() ?? []
  }

  #add(port: number, client: number, server: number): void {
    let pairs = this.#ports.get(port)
    if (pairs === undefined) this.#ports.set(port, (pairs = new Map()))
    const key = `${client} ${server}`
    const known = pairs.get(key)
    if (known !== undefined) known.tick = this.#tick
    else if (this.#count < REMEMBERED_MAX) {
      this.#count++
      pairs.set(key, { client, server, tick: this.#tick })
    }
  }

  #forget(): void {
    for (const [port, pairs] of this.#ports) {
      for (const [key, { tick }] of pairs)
        if (this.#tick - tick >= REMEMBERED_TICKS) {
          pairs.delete(key)
          this.#count--
        }
      if (pairs.size === 0) this.#ports.delete(port)
    }
  }
}
