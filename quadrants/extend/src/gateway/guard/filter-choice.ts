import type { RouteFilterSpec } from '../config/guard-spec.ts'
import type { ExchangeRecord } from '../exchange/exchange-record.ts'
import { compileCondition, type Condition } from './condition.ts'
import { ExchangeView } from './exchange-view.ts'

/** Which filters of a route a request passes. */
export class FilterChoice {
  readonly #filters: readonly { readonly name: string; readonly fits: Condition | undefined }[]
  /** Where none asks for anything. */
  readonly #names: readonly string[] | undefined

  constructor(filters: readonly RouteFilterSpec[]) {
    this.#filters = filters.map(({ name, condition }) => ({ name, fits: compileCondition(condition) }))
    this.#names = this.#filters.every(({ fits }) => fits === undefined)
      ? filters.map(({ name }) => name)
      : undefined
  }

  namesFor(record: ExchangeRecord): readonly string[] {
    if (this.#names !== undefined) return this.#names
    const view = new ExchangeView(record, record.requestHeaders)
    return this.#filters.flatMap(({ name, fits }) => (fits === undefined || fits(view) ? [name] : []))
  }
}
