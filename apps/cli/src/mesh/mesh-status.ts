/** What `mesh serve` says of itself, as JSON: the form is stable. */
export interface MeshStatus {
  /** `shop/web`. */
  readonly gateways: readonly string[]
  readonly proxies: readonly ProxyStatus[]
  readonly refusals: readonly RefusalStatus[]
  readonly findings: { readonly errors: number; readonly warnings: number }
  readonly counts: {
    readonly streams: number
    readonly watches: number
    readonly responses: number
    readonly acknowledged: number
    readonly rejected: number
    readonly refused: number
  }
}

export interface ProxyStatus {
  readonly id: string
  readonly cluster: string
  readonly protocol: 'delta' | 'sotw'
  /** By type: CDS, EDS, LDS, RDS, SDS. */
  readonly types: readonly {
    readonly type: string
    readonly acknowledged: number
    readonly pending: number
    readonly rejected: number
    readonly rejection: string | null
  }[]
}

export interface RefusalStatus {
  readonly resource: string
  readonly proxies: readonly string[]
  readonly error: string
  readonly file: string | null
  readonly line: number | null
  readonly column: number | null
  readonly olderServed: boolean
}
