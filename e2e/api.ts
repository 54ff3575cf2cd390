import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Sums of one edge over a range, as far as tests look at them. */
export interface EdgeTotals {
  readonly opened?: number
  readonly closed?: number
  readonly failed?: number
  readonly bytesToServer?: number
  readonly bytesToClient?: number
}

export interface MapEdge {
  readonly id: string
  readonly client: string
  readonly server: string
  readonly serverPort: number
  readonly totals: EdgeTotals
}

export interface MapNode {
  readonly id: string
  readonly label: string
  readonly kind: string
  /** Of an address. */
  readonly name?: string
  readonly names?: readonly string[]
}

export interface MapAnswer {
  readonly nodes?: readonly MapNode[]
  readonly edges?: readonly MapEdge[]
}

/** Calls the server's API in Connect's JSON form. Fields at their default are left out of the answer. */
export async function call<T>(data: string, method: string, request: object): Promise<T> {
  const { address, token } = JSON.parse(readFileSync(join(data, 'server.json'), 'utf8')) as {
    address: string
    token: string
  }
  const response = await fetch(`${address}/quadrant.v1.QuadrantService/${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(request),
  })
  if (!response.ok) throw new Error(`${method}: ${response.status} ${await response.text()}`)
  return (await response.json()) as T
}
