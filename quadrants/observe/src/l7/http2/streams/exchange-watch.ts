import type { HttpExchange } from './http-exchange.ts'

/** All that one header block says. */
export interface FieldBlock {
  /** As they came, pseudo-header fields among them; those that are not known are left out. */
  readonly list: readonly (readonly [name: string, value: string])[]
  /** Fields that are not: they refer to what was before we looked, or are longer than a limit of ours. */
  readonly unknownCount: number
  /** Some are not, also where the whole block is missing and nobody knows how many. */
  readonly hasUnknown: boolean
}

/** Follows one exchange until it is over. */
export interface ExchangeWatch {
  /** A header block of the response that is not informational: its head, then its trailers. */
  response(block: FieldBlock): void
  /** The exchange is as it is told. */
  end(): void
}

/**
 * Is asked with the header block of each request while a connection collects fields.
 *
 * @param exchange grows until it is over
 * @returns undefined where nobody follows it
 */
export type WatchExchange = (exchange: HttpExchange, request: FieldBlock) => ExchangeWatch | undefined
