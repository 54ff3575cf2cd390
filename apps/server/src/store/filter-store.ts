import type { OrderStatus, ReleaseStatus, SignedOrder, SignedRelease } from '@quadrant/proto'

/** A release as it was pushed. */
export interface FilterReleaseRow {
  readonly name: string
  readonly version: bigint
  /** Of its signed bytes, in hexadecimal. */
  readonly digest: string
  /** Digest of its module, in hexadecimal. */
  readonly module: string
  readonly moduleBytes: number
  readonly signed: SignedRelease
  readonly pushedNs: number
  /** 0 while gateways are not offered it. */
  readonly offeredNs: number
}

export interface FilterOrderRow {
  readonly name: string
  readonly sequence: bigint
  readonly signed: SignedOrder
  readonly givenNs: number
}

export interface FilterGatewayRow {
  readonly nodeId: string
  readonly host: string
  readonly version: string
  readonly filters: readonly string[]
  readonly seenNs: number
}

/** The newest that a gateway told of a filter. */
export interface FilterStateRow {
  readonly nodeId: string
  readonly name: string
  readonly status: ReleaseStatus | undefined
  readonly order: OrderStatus | undefined
}

/** Filters that were pushed, orders about them, and what gateways made of both. All answers are as of the moment of the call. */
export interface FilterStore {
  /** Of one filter, newest first. */
  releases(name: string): Promise<readonly FilterReleaseRow[]>
  release(name: string, version: bigint): Promise<FilterReleaseRow | undefined>
  /** By the digest of its signed bytes. */
  releaseOf(digest: string): Promise<FilterReleaseRow | undefined>
  /** Names of all filters of which a release was pushed. */
  names(): Promise<readonly string[]>
  /** What gateways are offered, one a filter at most: the newest of those that ever were. */
  offered(): Promise<readonly FilterReleaseRow[]>
  /**
   * Keeps a release that is newer than all of its filter.
   *
   * @throws {ServerError} `argument` where it is not, `busy` where there are as many filters as may be
   */
  addRelease(row: FilterReleaseRow): Promise<void>
  /** @throws {ServerError} `argument` where a newer one is offered, `not-found` where there is no such release */
  offerRelease(name: string, version: bigint, offeredNs: number): Promise<FilterReleaseRow>
  orders(): Promise<readonly FilterOrderRow[]>
  /** @throws {ServerError} `argument` where there was one with this number or a higher one */
  keepOrder(row: FilterOrderRow): Promise<void>
  gateways(): Promise<readonly FilterGatewayRow[]>
  /** @throws {ServerError} `busy` where it is new, and there are as many as may be */
  meetGateway(row: FilterGatewayRow): Promise<void>
  states(): Promise<readonly FilterStateRow[]>
  state(nodeId: string, name: string): Promise<FilterStateRow | undefined>
  /** Keeps what a gateway told, and the facts that follow from it. */
  keepStatus(nodeId: string, name: string, status: ReleaseStatus): Promise<void>
  keepOrderStatus(nodeId: string, name: string, order: OrderStatus): Promise<void>
  /** Forgets gateways that were seen last before, but those given, and the oldest releases over the limit. Returns digests of modules that may go, the oldest first. */
  retain(cutNs: number, connected: ReadonlySet<string>): Promise<readonly string[]>
}
