import { create, toBinary } from '@bufbuild/protobuf'
import {
  readOrder,
  readRelease,
  releaseDigest,
  ORDER_BYTES_MAX,
  RELEASE_BYTES_MAX,
  tooLarge,
} from '@quadrant/extend/release'
import {
  FilterOrderSchema,
  SignedOrderSchema,
  type FilterOrder,
  type FilterRelease,
  type SignedOrder,
  type SignedRelease,
} from '@quadrant/proto'
import { ServerError } from '../error.ts'
import type { FilterOrderRow, FilterReleaseRow, FilterStore } from '../store/filter-store.ts'
import { RETENTION_SECONDS_MAX } from '../store/rollup.ts'
import { Changes } from './changes.ts'
import { Gateways, type GatewaysOptions } from './gateways.ts'
import type { ModuleBlobs, Upload, UploadState } from './module-blobs.ts'

/** Modules that nobody is offered are kept up to this share of the room, for releases that restore them. */
const IDLE_SHARE = 0.5

export type FiltersOptions = Omit<GatewaysOptions, 'onChange'>

/**
 * Filters that people push, and the gateways that they go to. The server looks whether a release makes sense, and not at
 * signatures: it has no keys, and gateways trust it with nothing.
 */
export class Filters {
  readonly gateways: Gateways
  readonly changes = new Changes()
  readonly blobs: ModuleBlobs
  readonly store: FilterStore
  readonly #nowNs: () => number

  constructor(options: FiltersOptions) {
    this.blobs = options.blobs
    this.store = options.store
    this.#nowNs = options.nowNs
    this.gateways = new Gateways({ ...options, onChange: () => this.changes.notify() })
  }

  /** @throws {ServerError} as `ModuleBlobs.upload` */
  upload(upload: Upload): Promise<UploadState> {
    return this.blobs.upload(upload, () => this.#makeRoom(0))
  }

  /**
   * Keeps a release, and offers it to gateways where it is not only to be kept.
   *
   * @throws {ServerError} `argument` where no gateway would take it, or its module is not here; `busy`
   */
  async push(signed: SignedRelease, isOffered: boolean): Promise<FilterReleaseRow> {
    const nowNs = this.#nowNs()
    const release = soundRelease(signed, nowNs)
    const { name, version, moduleBytes } = release
    const module = Buffer.from(release.moduleSha256).toString('hex')
    const size = this.blobs.size(module)
    if (size === undefined)
      throw new ServerError('argument', `module sha256:${module} of ${name} is not here`, {
        fix: 'upload it first',
      })
    if (size !== moduleBytes)
      throw new ServerError(
        'argument',
        `module sha256:${module} has ${size} bytes, and ${moduleBytes} were signed`,
      )
    const digest = releaseDigest(signed.release)
    // Pushed again, as after a cut: nothing is wrong, and it may be offered now.
    const known = await this.store.releaseOf(digest)
    if (known) return isOffered ? this.swap(name, version) : known
    const row: FilterReleaseRow = {
      name,
      version,
      digest,
      module,
      moduleBytes,
      signed,
      pushedNs: nowNs,
      offeredNs: isOffered ? nowNs : 0,
    }
    await this.store.addRelease(row)
    if (isOffered) this.gateways.offer(row)
    this.changes.notify()
    return row
  }

  /** Offers a release that was only kept. @throws {ServerError} as `FilterStore.offerRelease` */
  async swap(name: string, version: bigint): Promise<FilterReleaseRow> {
    const row = await this.store.offerRelease(name, version, this.#nowNs())
    this.gateways.offer(row)
    this.changes.notify()
    return row
  }

  /**
   * Gives an order; one without a signature is the server's word, and numbered here where it has no number.
   *
   * @throws {ServerError} `argument` where no gateway would follow it, `not-found` where there is no such filter
   */
  async order(given: SignedOrder): Promise<{ readonly order: FilterOrder; readonly isSigned: boolean }> {
    const nowNs = this.#nowNs()
    const isSigned = given.signatures.length > 0
    const order = isSigned ? soundOrder(given) : await this.#numbered(soundOrder(given), nowNs)
    const { name, sequence } = order
    if (!(await this.store.names()).includes(name))
      throw new ServerError('not-found', `there is no filter ${name}`, { fix: 'quadrant filter list' })
    const signed = isSigned ? given : create(SignedOrderSchema, { order: toBinary(FilterOrderSchema, order) })
    const row: FilterOrderRow = { name, sequence, signed, givenNs: nowNs }
    await this.store.keepOrder(row)
    this.gateways.order(row)
    this.changes.notify()
    return { order, isSigned }
  }

  /** Forgets gateways that were not seen for as long as anything is kept, old releases, and modules over the limit. */
  async retain(nowSeconds: number): Promise<void> {
    await this.#makeRoom(IDLE_SHARE, nowSeconds)
  }

  async #numbered(order: FilterOrder, nowNs: number): Promise<FilterOrder> {
    if (order.sequence > 0n) return order
    const last = (await this.store.orders()).find(({ name }) => name === order.name)
    return { ...order, sequence: (last?.sequence ?? 0n) + 1n, issuedNs: nowNs }
  }

  /** Removes modules of releases that nobody is offered, the oldest first, while they take more than a share of the room. */
  async #makeRoom(share: number, nowSeconds = this.#nowNs() / 1e9): Promise<void> {
    const cutNs = (nowSeconds - RETENTION_SECONDS_MAX) * 1e9
    const idle = await this.store.retain(cutNs, this.gateways.connectedIds())
    this.gateways.readings.retain(new Set((await this.store.gateways()).map(({ nodeId }) => nodeId)))
    let bytes = idle.reduce((sum, digest) => sum + (this.blobs.size(digest) ?? 0), 0)
    for (const digest of idle) {
      if (bytes <= this.blobs.bytesMax * share) return
      bytes -= this.blobs.size(digest) ?? 0
      await this.blobs.remove(digest)
    }
  }
}

function soundRelease(signed: SignedRelease, nowNs: number): FilterRelease {
  if (signed.release.length > RELEASE_BYTES_MAX)
    throw new ServerError('argument', `a manifest has at most ${RELEASE_BYTES_MAX} bytes`)
  const large = tooLarge(signed.signatures)
  if (large) throw new ServerError('argument', large.reason)
  if (signed.signatures.length === 0)
    throw new ServerError('argument', 'it has no signature', { fix: 'sign it: quadrant filter sign' })
  const read = readRelease(signed.release)
  if ('refusal' in read) throw new ServerError('argument', read.refusal.reason)
  if (read.release.expiresNs <= nowNs)
    throw new ServerError('argument', 'its time is over', { fix: 'sign it again: quadrant filter sign' })
  return read.release
}

function soundOrder(signed: SignedOrder): FilterOrder {
  const large = tooLarge(signed.signatures)
  if (large || signed.order.length > ORDER_BYTES_MAX)
    throw new ServerError('argument', large?.reason ?? `an order has at most ${ORDER_BYTES_MAX} bytes`)
  const read = readOrder(signed.order)
  if ('refusal' in read) throw new ServerError('argument', read.refusal.reason)
  return read.order
}
