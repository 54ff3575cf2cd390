import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import { FilterState } from '../../filters/foreign/filter-state.ts'
import { FOREIGN_LIMITS } from '../../filters/foreign/foreign-limits.ts'
import type { StreamSource } from '../../filters/foreign/attribute-source.ts'
import type { ConnectionInfo, StreamInfo } from '../../filters/stream/stream-info.ts'
import type { RequestView } from './expression/request-view.ts'

/** A request that is under way, as conditions see it. */
export class ExchangeView implements RequestView {
  readonly headers: HeaderMap
  readonly #info: StreamInfo
  #source: StreamSource | undefined
  #mark: number | undefined

  constructor(info: StreamInfo, headers: HeaderMap) {
    this.#info = info
    this.headers = headers
  }

  get connection(): ConnectionInfo {
    return this.#info.connection
  }

  get protocol(): string {
    return this.#info.protocol
  }

  get requestId(): string {
    return this.#info.requestId
  }

  get path(): string {
    const target = this.headers.get(':path') ?? ''
    const mark = this.#markOf(target)
    return mark === -1 ? target : target.slice(0, mark)
  }

  get query(): string {
    const target = this.headers.get(':path') ?? ''
    const mark = this.#markOf(target)
    return mark === -1 ? '' : target.slice(mark + 1)
  }

  get source(): StreamSource {
    return (this.#source ??= {
      info: this.#info,
      state: new FilterState(FOREIGN_LIMITS),
      requestHeaders: () => this.headers,
      responseHeaders: () => undefined,
      responseTrailers: () => undefined,
    })
  }

  /** Guards do not change paths. */
  #markOf(target: string): number {
    return (this.#mark ??= target.indexOf('?'))
  }
}
