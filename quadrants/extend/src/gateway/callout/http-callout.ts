import {
  HeaderMap,
  Result,
  type Begun,
  type HttpCallReceiver,
  type HttpCallRequest,
} from '@quadrant/wasm/proxy-wasm'
import type { Failure } from '../exchange/failure.ts'
import { Callout, type CalloutOptions } from './callout.ts'

/** Bytes of an answer that a filter is given; one with more fails. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024

/** An HTTP call of a filter, whose answer it is given whole. As in Envoy it is answered, too, where nobody did. */
export function httpCallout(
  { headers, body, trailers, timeoutMs }: HttpCallRequest,
  receiver: HttpCallReceiver,
  options: Omit<CalloutOptions, 'timeoutMs'>,
): Begun<{ cancel(): void }> {
  if (!headers.has(':method') || !headers.has(':path') || !headers.has(':authority'))
    return { result: Result.BAD_ARGUMENT }
  if (!headers.has(':scheme')) headers.append(':scheme', 'http')
  headers.remove('host')
  headers.remove('transfer-encoding')
  if (body.length > 0) headers.set('content-length', String(body.length))
  const answer = new GatheredAnswer(receiver)
  const callout = new Callout(headers, answer, { ...options, timeoutMs })
  answer.cancel = () => callout.cancel()
  if (body.length > 0) callout.send(body, trailers.size === 0)
  callout.end(trailers.size === 0 ? undefined : trailers)
  callout.begin()
  return { call: callout }
}

class GatheredAnswer {
  cancel: () => void = () => {}
  readonly #receiver: HttpCallReceiver
  #headers = new HeaderMap()
  #pieces: Uint8Array[] = []
  #byteCount = 0

  constructor(receiver: HttpCallReceiver) {
    this.#receiver = receiver
  }

  head(headers: HeaderMap, isEnd: boolean): void {
    this.#headers = headers
    if (isEnd) this.#done(new HeaderMap())
  }

  body(bytes: Uint8Array, isEnd: boolean): void {
    this.#byteCount += bytes.length
    if (this.#byteCount > ANSWER_BYTES_MAX) {
      this.cancel()
      this.#receiver.failed()
      return
    }
    this.#pieces.push(Buffer.from(bytes))
    if (isEnd) this.#done(new HeaderMap())
  }

  trailers(trailers: HeaderMap): void {
    this.#done(trailers)
  }

  failed({ status, body }: Failure, hasBegun: boolean): void {
    if (hasBegun) {
      this.#receiver.failed()
      return
    }
    const bytes = Buffer.from(body)
    const headers = HeaderMap.of([
      [':status', String(status)],
      ['content-length', String(bytes.length)],
      ['content-type', 'text/plain'],
    ])
    this.#receiver.answered(headers, bytes, new HeaderMap())
  }

  #done(trailers: HeaderMap): void {
    this.#receiver.answered(this.#headers, Buffer.concat(this.#pieces, this.#byteCount), trailers)
  }
}
