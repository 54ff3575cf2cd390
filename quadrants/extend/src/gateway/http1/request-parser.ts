import type { Http1Limits } from './http1-limits.ts'
import { type MessageHandler, MessageParser } from './message-parser.ts'
import { type HeadResult, type RequestHead, readRequestHead } from './request-head.ts'

export interface RequestParserOptions {
  /** Of the connection: what requests on it have as `:scheme`. */
  readonly scheme: 'http' | 'https'
  /** Others than `HTTP1_LIMITS`. */
  readonly limits?: Partial<Http1Limits>
}

/**
 * Reads requests of one connection. After each it is paused, so that the next is not looked at before `resume`: when the
 * answer to the first is on its way. After one that is the connection's last nothing is read at all.
 */
export class RequestParser extends MessageParser<RequestHead> {
  readonly #scheme: string

  constructor(handler: MessageHandler<RequestHead>, options: RequestParserOptions) {
    super('request', handler, options.limits)
    this.#scheme = options.scheme
    this.begin()
  }

  protected override get mayEnd(): boolean {
    return true
  }

  protected override readHead(bytes: Buffer, base: number): HeadResult<RequestHead> {
    return readRequestHead(this.scanner, this.fields, bytes, base, this.#scheme)
  }

  protected override isInterim(): boolean {
    return false
  }

  protected override ended(keepAlive: boolean): void {
    if (keepAlive) this.begin()
    else this.close()
    this.pause()
  }
}
