import type { Endpoint } from '@quadrant/proto'
import { addressOfEnd, type EdgeTable, End } from './edge-table.ts'
import type { ProcessTeller } from './batch.ts'
import type { FlowRows } from './flow-rows.ts'

/** The ends of which one batch speaks, each once. */
export class EndpointList {
  readonly endpoints: Endpoint[] = []
  readonly #edges: EdgeTable
  readonly #processes: ProcessTeller
  readonly #rows: Pick<FlowRows, 'processIndex'>
  /** By the number of an end, or by what it is. */
  readonly #indices = new Map<number | string, number>()

  constructor(edges: EdgeTable, processes: ProcessTeller, rows: Pick<FlowRows, 'processIndex'>) {
    this.#edges = edges
    this.#rows = rows
    this.#processes = processes
  }

  /** Index of an end of an edge: see {@link End}. */
  indexOf(end: number): number {
    return this.#indices.get(end) ?? this.#add(end, this.#kindOf(end))
  }

  /** Index of an end that no edge has. @param address 4 or 16 bytes, network order */
  indexOfAddress(address: Uint8Array): number {
    const key = `@${Buffer.from(address).toString('hex')}`
    const known = this.#indices.get(key)
    if (known !== undefined) return known
    const same = this.endpoints.findIndex(
      ({ kind }) => kind.case === 'address' && Buffer.compare(kind.value, address) === 0,
    )
    if (same === -1) return this.#add(key, { case: 'address', value: address })
    this.#indices.set(key, same)
    return same
  }

  /** Index of ends that are not told apart. */
  indexOfOther(reason: string): number {
    return this.#indices.get(reason) ?? this.#add(reason, { case: 'other', value: reason })
  }

  /** 1 + index of a process among those of the batch; 0 where it cannot be told. */
  processIndexOf(id: number): number {
    return this.#processes.refer(id) === undefined ? 0 : this.#rows.processIndex(id)
  }

  #add(key: number | string, kind: Endpoint['kind']): number {
    const index = this.endpoints.push({ $typeName: 'quadrant.v1.Endpoint', kind }) - 1
    this.#indices.set(key, index)
    return index
  }

  #kindOf(end: number): Endpoint['kind'] {
    if (end >= 0) {
      const key = this.#processes.refer(end)
      return key === undefined
        ? { case: 'other', value: 'process-limit' }
        : { case: 'processKey', value: key }
    }
    if (end === End.edgeLimit) return { case: 'other', value: 'edge-limit' }
    if (end === End.addressLimit) return { case: 'other', value: 'address-limit' }
    return { case: 'address', value: this.#edges.addresses.bytes(addressOfEnd(end)) }
  }
}
