import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { Http1Limits } from '../http1-limits.ts'
import type { MessageParser } from '../message-parser.ts'
import { RequestParser } from '../request-parser.ts'
import type { AskedRequest } from '../response-head.ts'
import { ResponseParser } from '../response-parser.ts'

/** A message as its handler saw it. */
export interface SeenMessage {
  /** `POST /a` or `200`. */
  readonly start: string
  /** As it came, if it is a request's. */
  readonly target: string
  /** Undefined where no host is named. */
  readonly authority: string | undefined
  readonly framing: string
  /** `name: value`, without pseudo-headers. */
  readonly fields: readonly string[]
  body: string
  trailers: readonly string[]
  isWhole: boolean
}

/** What a parser made of all bytes of a connection's direction. */
export interface Outcome {
  readonly messages: readonly SeenMessage[]
  /** `code` or `code at N` of what is wrong. */
  readonly refused: string | undefined
  /** Bytes behind the messages that are none: those of a tunnel. */
  readonly rest: string
}

function fieldsOf(map: HeaderMap): string[] {
  return [...map].filter(([name]) => !name.startsWith(':')).map(([name, value]) => `${name}: ${value}`)
}

interface SeenHead {
  readonly headers: HeaderMap
  readonly framing: string
  readonly isInterim?: boolean
  readonly target?: string
}

class Recorder {
  readonly messages: SeenMessage[] = []

  head(head: SeenHead): void {
    const { headers, framing, isInterim = false, target = '' } = head
    const authority = headers.get(':authority')
    const start = headers.get(':status') ?? `${headers.get(':method')} ${headers.get(':path') ?? authority}`
    const fields = fieldsOf(headers)
    const isWhole = isInterim || framing === 'upgrade'
    this.messages.push({ start, target, authority, framing, fields, body: '', trailers: [], isWhole })
  }

  body(chunk: Buffer): void {
    this.messages.at(-1)!.body += chunk.toString('latin1')
  }

  trailers(trailers: HeaderMap): void {
    this.messages.at(-1)!.trailers = fieldsOf(trailers)
  }

  end(): void {
    this.messages.at(-1)!.isWhole = true
  }
}

/** Feeds the bytes cut at `cuts`, in order, and then the end of the connection. */
function outcomeOf(
  parser: Pick<MessageParser<never>, 'execute' | 'resume' | 'eof' | 'error' | 'isPaused'>,
  recorder: Recorder,
  bytes: Buffer,
  cuts: readonly number[],
): Outcome {
  let rest = ''
  let start = 0
  for (const end of [...cuts, bytes.length]) {
    let piece = bytes.subarray(start, end)
    start = end
    while (piece.length > 0 && parser.error === undefined) {
      piece = piece.subarray(parser.execute(piece))
      if (!parser.isPaused) break
      parser.resume()
    }
    if (parser.error === undefined) rest += piece.toString('latin1')
  }
  const error = parser.eof()
  return {
    messages: recorder.messages,
    refused: error && (error.code === 'premature-end' ? error.code : `${error.code} at ${error.offset}`),
    rest,
  }
}

export function readRequests(
  bytes: Buffer,
  cuts: readonly number[] = [],
  limits: Partial<Http1Limits> = {},
): Outcome {
  const recorder = new Recorder()
  return outcomeOf(new RequestParser(recorder, { scheme: 'http', limits }), recorder, bytes, cuts)
}

/** Of a connection on which one request was sent. */
export function readResponse(
  bytes: Buffer,
  cuts: readonly number[] = [],
  asked: Partial<AskedRequest> = {},
): Outcome {
  const recorder = new Recorder()
  const parser = new ResponseParser(recorder)
  parser.expect({ method: 'GET', isUpgrade: false, ...asked })
  return outcomeOf(parser, recorder, bytes, cuts)
}
