import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import { ExchangeView } from '../guard/exchange-view.ts'
import { GuardPass, type GuardPassOwner } from '../guard/guard-pass.ts'
import type { RequestGuard } from '../guard/request-guard.ts'
import type { Verdict } from '../guard/verdict.ts'
import type { ExchangeRecord } from './exchange-record.ts'
import type { ExchangeSettings } from './exchange-settings.ts'

export interface GuardedOwner {
  /** The request goes on, as its guard has left it; what of its body came meanwhile follows. */
  onAdmitted(isEnd: boolean): void
  onRefused(reply: Extract<Verdict, { readonly kind: 'reply' }>): void
  /** No more of the body is wanted for now, or it is again. */
  holdForGuard(isHeld: boolean): void
  replayBody(bytes: Uint8Array, isEnd: boolean): void
  replayTrailers(trailers: HeaderMap): void
}

type Piece = { readonly bytes: Uint8Array; readonly isEnd: boolean } | { readonly trailers: HeaderMap }

/** The begin of an exchange whose route has a guard: where that does not know at once, the request waits here. */
export class GuardedStart implements GuardPassOwner {
  readonly #owner: GuardedOwner
  readonly #record: ExchangeRecord
  readonly #pass: GuardPass
  readonly #isEnd: boolean
  /** What came before the client knew that it has to wait. */
  readonly #early: Piece[] = []
  #isWaiting = true

  constructor(
    owner: GuardedOwner,
    { thread: { wheel } }: ExchangeSettings,
    record: ExchangeRecord,
    guard: RequestGuard,
    isEnd: boolean,
  ) {
    this.#owner = owner
    this.#record = record
    this.#isEnd = isEnd
    const { requestHeaders } = record
    record.answerFields = guard.cors?.answerFields(requestHeaders)
    this.#pass = new GuardPass(guard, new ExchangeView(record, requestHeaders), wheel, this)
  }

  /** Whether it is still not known. */
  get isWaiting(): boolean {
    return this.#isWaiting
  }

  begin(): void {
    this.#pass.run()
    if (this.#isWaiting && !this.#isEnd) this.#owner.holdForGuard(true)
  }

  body(bytes: Uint8Array, isEnd: boolean): void {
    this.#early.push({ bytes: Uint8Array.from(bytes), isEnd })
  }

  trailers(trailers: HeaderMap): void {
    this.#early.push({ trailers })
  }

  cancel(): void {
    this.#isWaiting = false
    this.#pass.cancel()
  }

  onGuardHeld(flags: number): void {
    this.#record.responseFlags |= flags
  }

  onGuardReply(reply: Extract<Verdict, { readonly kind: 'reply' }>): void {
    this.#isWaiting = false
    this.#owner.onRefused(reply)
  }

  onGuardPassed(): void {
    this.#isWaiting = false
    this.#owner.onAdmitted(this.#isEnd)
    for (const piece of this.#early)
      if ('trailers' in piece) this.#owner.replayTrailers(piece.trailers)
      else this.#owner.replayBody(piece.bytes, piece.isEnd)
    if (!this.#isEnd) this.#owner.holdForGuard(false)
  }
}
