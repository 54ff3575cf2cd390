import type { Http1Limits } from './http1-limits.ts'
import { type MessageHandler, MessageParser } from './message-parser.ts'
import type { HeadResult } from './request-head.ts'
import { type AskedRequest, type ResponseHead, readResponseHead } from './response-head.ts'

/** Interim responses to one request: some servers send 102 while they work, none a flood. */
export const INTERIM_COUNT_MAX = 32

/**
 * Reads responses of one connection, each only after `expect` has said to what. Bytes that answer nothing are an error,
 * also those behind a response in one piece with it: else they would be taken for the answer to the next request.
 */
export class ResponseParser extends MessageParser<ResponseHead> {
  #asked: AskedRequest = { method: '', isUpgrade: false }
  #isAsked = false
  #interimCount = 0

  constructor(handler: MessageHandler<ResponseHead>, limits?: Partial<Http1Limits>) {
    super('response', handler, limits)
  }

  /** A request is on its way, or will be; one at a time. */
  expect(asked: AskedRequest): void {
    this.#asked = asked
    this.#isAsked = true
    this.#interimCount = 0
    this.begin()
  }

  protected override get mayEnd(): boolean {
    return !this.#isAsked
  }

  protected override readHead(bytes: Buffer, base: number): HeadResult<ResponseHead> {
    const head = readResponseHead(this.scanner, this.fields, bytes, base, this.#asked)
    if (!('isInterim' in head) || !head.isInterim) return head
    return ++this.#interimCount > INTERIM_COUNT_MAX ? { code: 'too-many-interim', at: 0 } : head
  }

  protected override isInterim(head: ResponseHead): boolean {
    return head.isInterim
  }

  protected override ended(_keepAlive: boolean, at: number, restBytes: number): void {
    this.#isAsked = false
    if (restBytes > 0) this.refuse('unexpected-response', at)
  }
}
