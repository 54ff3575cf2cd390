import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gunzip, inflate } from 'node:zlib'
import { PipelineError } from '../pipeline-error.ts'
import { HTTP_PATHS, type Signal, SIGNALS } from '../signal.ts'
import { lengthDelimited } from '../wire/fields.ts'
import type { OtlpIntake } from './otlp-intake.ts'
import { field } from './retry-info.ts'

export interface OtlpHttpReceiverOptions {
  /** Of a request, before and after it is decompressed. */
  readonly bodyBytesMax: number
}

/** Answers one request; never rejects. */
export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

interface Answer {
  readonly status: number
  readonly message: string
  readonly headers?: Readonly<Record<string, string>>
}

const decompress = { gzip: promisify(gunzip), deflate: promisify(inflate) } as const

/** OTLP/HTTP: `POST /v1/traces` and `/v1/metrics`, protobuf or JSON, plain, gzip or deflate. */
export function otlpHttpHandler(intake: OtlpIntake, options: OtlpHttpReceiverOptions): HttpHandler {
  return async (request, response) => {
    const isJson = /^application\/json\b/i.test(request.headers['content-type'] ?? '')
    let answer: Answer
    try {
      answer = await take(request, isJson, intake, options)
    } catch (error) {
      const { code, message } = PipelineError.from(error, 'malformed')
      answer = { status: code === 'too-large' ? 413 : 400, message }
    }
    if (response.destroyed) return
    response.writeHead(answer.status, {
      ...answer.headers,
      'content-type': isJson ? 'application/json' : 'application/x-protobuf',
      // A body that was not read to its end must not be taken for the next request.
      ...(request.complete ? {} : { connection: 'close' }),
    })
    response.end(answer.status === 200 ? (isJson ? '{}' : '') : statusBody(answer, isJson))
  }
}

async function take(
  request: IncomingMessage,
  isJson: boolean,
  intake: OtlpIntake,
  { bodyBytesMax }: OtlpHttpReceiverOptions,
): Promise<Answer> {
  const path = (request.url ?? '').split('?', 1)[0]
  const signal = SIGNALS.find((one) => HTTP_PATHS[one] === path)
  if (!signal || !intake.takes(signal))
    return { status: 404, message: `nothing is received at ${signal ? path : 'this path'}` }
  if (request.method !== 'POST')
    return { status: 405, message: 'POST is the method of OTLP/HTTP', headers: { allow: 'POST' } }
  if (!isJson && !/^application\/x-protobuf\b/i.test(request.headers['content-type'] ?? ''))
    return { status: 415, message: 'Content-Type is application/x-protobuf or application/json' }
  const encoding = (request.headers['content-encoding'] ?? 'identity').toLowerCase()
  if (encoding !== 'identity' && encoding !== 'gzip' && encoding !== 'deflate')
    return { status: 415, message: 'Content-Encoding is gzip, deflate or identity' }
  let body: Buffer
  try {
    const read = await readBody(request, bodyBytesMax)
    body =
      encoding === 'identity' ? read : await decompress[encoding](read, { maxOutputLength: bodyBytesMax })
  } catch (error) {
    const isTooLarge =
      (error instanceof PipelineError && error.code === 'too-large') ||
      (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    intake.refuse(isTooLarge ? 'too-large' : 'malformed')
    if (isTooLarge)
      throw new PipelineError('too-large', `a request has at most ${bodyBytesMax} bytes`, { cause: error })
    throw error
  }
  return consume(intake, signal, body, isJson)
}

function consume(intake: OtlpIntake, signal: Signal, body: Buffer, isJson: boolean): Answer {
  const refusal = isJson ? intake.json(signal, body.toString('utf8')) : intake.bytes(signal, body)
  if (!refusal) return { status: 200, message: '' }
  const seconds = Math.max(1, Math.ceil(refusal.retryAfterMs / 1000))
  return { status: 503, message: refusal.reason, headers: { 'retry-after': String(seconds) } }
}

async function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  // Not destroyed where it is too large: the answer goes the same way.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > bytesMax) throw new PipelineError('too-large', `more than ${bytesMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** `google.rpc.Status`, whose code clients must not look at: the HTTP status says it. */
function statusBody({ message }: Answer, isJson: boolean): string | Buffer {
  if (isJson) return JSON.stringify({ code: 2, message })
  return Buffer.concat([field(1, 2), ...lengthDelimited(2, [Buffer.from(message)])])
}
