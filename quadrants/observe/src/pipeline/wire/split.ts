import type { Signal } from '../signal.ts'
import { Parcel } from '../parcel.ts'
import { type Field, fieldsOf, lengthDelimited } from './fields.ts'

/** Field numbers that both signals share: requests hold resources, these hold scopes, these hold spans or metrics. */
const RESOURCE = 1
const SCOPE = 2
const ITEM = 2

/**
 * Cuts a parcel into some of at most `itemsMax` each, without decoding it: resources and scopes are repeated where they
 * are cut through. A metric with more data points than that stays whole.
 */
export function splitParcel(parcel: Parcel, itemsMax: number): readonly Parcel[] {
  if (parcel.itemCount <= itemsMax) return [parcel]
  const { bytes, signal } = parcel
  const pieces = new Pieces(signal, itemsMax)
  for (const resource of fieldsOf(bytes)) {
    if (resource.number !== RESOURCE) continue
    const resourceHead = allBut(bytes, resource, SCOPE)
    for (const scope of fieldsOf(bytes, resource.contentStart, resource.end)) {
      if (scope.number !== SCOPE) continue
      const scopeHead = allBut(bytes, scope, ITEM)
      pieces.begin(resourceHead, scopeHead)
      for (const item of fieldsOf(bytes, scope.contentStart, scope.end))
        if (item.number === ITEM)
          pieces.add(bytes.subarray(item.start, item.end), signal === 'traces' ? 1 : points(bytes, item))
      pieces.endScope()
    }
  }
  return pieces.done()
}

/** The fields of a message but for those of one number, one after the other. */
function allBut(bytes: Uint8Array, message: Field, number: number): Uint8Array[] {
  return [...fieldsOf(bytes, message.contentStart, message.end)]
    .filter((field) => field.number !== number)
    .map((field) => bytes.subarray(field.start, field.end))
}

/** Data points of an encoded metric: every kind (gauge 5, sum 7, histogram 9 to summary 11) has them as field 1. */
function points(bytes: Uint8Array, metric: Field): number {
  let count = 0
  for (const data of fieldsOf(bytes, metric.contentStart, metric.end)) {
    if (data.number < 5 || data.number > 11 || data.wireType !== 2) continue
    for (const point of fieldsOf(bytes, data.contentStart, data.end)) if (point.number === 1) count++
  }
  return count
}

class Pieces {
  readonly #signal: Signal
  readonly #itemsMax: number
  readonly #parcels: Parcel[] = []
  #resourceHead: readonly Uint8Array[] = []
  #scopeHead: readonly Uint8Array[] = []
  #items: Uint8Array[] = []
  #resources: Uint8Array[] = []
  #count = 0

  constructor(signal: Signal, itemsMax: number) {
    this.#signal = signal
    this.#itemsMax = itemsMax
  }

  begin(resourceHead: readonly Uint8Array[], scopeHead: readonly Uint8Array[]): void {
    this.#resourceHead = resourceHead
    this.#scopeHead = scopeHead
  }

  add(item: Uint8Array, count: number): void {
    if (this.#count > 0 && this.#count + count > this.#itemsMax) this.#cut()
    this.#items.push(item)
    this.#count += count
  }

  endScope(): void {
    if (this.#items.length === 0) return
    const scope = lengthDelimited(SCOPE, [...this.#scopeHead, ...this.#items])
    this.#resources.push(...lengthDelimited(RESOURCE, [...this.#resourceHead, ...scope]))
    this.#items = []
  }

  done(): readonly Parcel[] {
    this.#cut()
    return this.#parcels
  }

  #cut(): void {
    this.endScope()
    if (this.#resources.length === 0) return
    this.#parcels.push(Parcel.ofBytes(this.#signal, Buffer.concat(this.#resources), this.#count))
    this.#resources = []
    this.#count = 0
  }
}
