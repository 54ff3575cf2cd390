import { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import { Callout, type CalloutReceiver } from '../callout/callout.ts'
import type { Mirror } from '../guard/compile-mirrors.ts'
import { ExchangeView } from '../guard/exchange-view.ts'
import type { ExchangeRecord } from './exchange-record.ts'
import type { ExchangeSettings } from './exchange-settings.ts'

/** Of one copy, that its upstream has not taken: whoever is too slow gets no more of it. */
const WAITING_BYTES_MAX = 1 << 20
/** Copies under way at one time, of one listener. */
const MIRRORS_MAX = 1024

const NOBODY: CalloutReceiver = { head() {}, body() {}, trailers() {}, failed() {} }

interface Copy {
  readonly cluster: string
  readonly callout: Callout
}

/** Copies of one request, whose answers are thrown away. They never hold up the request itself. */
export class Mirrors {
  #copies: Copy[]
  readonly #settings: ExchangeSettings

  constructor(copies: Copy[], settings: ExchangeSettings) {
    this.#copies = copies
    this.#settings = settings
  }

  body(bytes: Uint8Array, isEnd: boolean): void {
    const own = Uint8Array.from(bytes)
    for (const { cluster, callout } of this.#copies) {
      if (callout.waitingBytes + own.length > WAITING_BYTES_MAX) {
        callout.cancel()
        this.#settings.guardCounts.add('mirrors-dropped', cluster)
      } else callout.send(own, isEnd)
    }
    if (isEnd) this.#copies = []
  }

  trailers(trailers: HeaderMap): void {
    for (const { callout } of this.#copies) callout.end(HeaderMap.of(trailers))
    this.#copies = []
  }

  /** The request itself does not come to its end. */
  cancel(): void {
    for (const { callout } of this.#copies) callout.cancel()
    this.#copies = []
  }
}

/** Begins the copies of a request that goes on with these headers. Undefined where there are none. */
export function openMirrors(
  mirrors: readonly Mirror[],
  settings: ExchangeSettings,
  record: ExchangeRecord,
  headers: HeaderMap,
  { isEnd, timeoutMs }: { readonly isEnd: boolean; readonly timeoutMs: number },
): Mirrors | undefined {
  const view = new ExchangeView(record, headers)
  const { thread, guardCounts, mirrorLoad } = settings
  const copies: Copy[] = []
  for (const { spec, fits } of mirrors) {
    if (fits !== undefined && !fits(view)) continue
    if (spec.share < 1 && thread.random() >= spec.share) continue
    const cluster = settings.clusters.get(spec.cluster)
    if (cluster === undefined || mirrorLoad.count >= MIRRORS_MAX) {
      guardCounts.add('mirrors-dropped', spec.cluster)
      continue
    }
    const copied = HeaderMap.of(headers)
    // As Envoy has it: whoever gets a copy can see that it is one.
    copied.set(':authority', shadowHost(copied.get(':authority') ?? ''))
    mirrorLoad.count++
    const receiver = { ...NOBODY, ...ending(() => mirrorLoad.count--) }
    const callout = new Callout(copied, receiver, { thread, cluster, timeoutMs })
    if (isEnd) callout.end()
    callout.begin()
    guardCounts.add('mirrored', spec.cluster)
    copies.push({ cluster: spec.cluster, callout })
  }
  return copies.length === 0 ? undefined : new Mirrors(copies, settings)
}

/** Calls once, when the answer has come to its end or will not come. */
function ending(ended: () => void): CalloutReceiver {
  let isOver = false
  const end = () => {
    if (!isOver) ended()
    isOver = true
  }
  return {
    head: (_, isEnd) => void (isEnd && end()),
    body: (_, isEnd) => void (isEnd && end()),
    trailers: end,
    failed: end,
  }
}

/** `shop.example-shadow:8080`. */
function shadowHost(authority: string): string {
  const port = /:\d+$/.exec(authority)?.[0] ?? ''
  return `${authority.slice(0, authority.length - port.length)}-shadow${port}`
}
