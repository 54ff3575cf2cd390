import {
  HeaderMap,
  type Begun,
  type GrpcReceiver,
  type GrpcRequest,
  type GrpcStream,
} from '@quadrant/wasm/proxy-wasm'
import type { Failure } from '../exchange/failure.ts'
import { grpcStatusOf, grpcStatusOfHttp, isGrpc } from '../exchange/message-fields.ts'
import { Callout, type CalloutOptions, type CalloutReceiver } from './callout.ts'
import { grpcFrame, GrpcFrames } from './grpc-frames.ts'

const INTERNAL = 13
const UNAVAILABLE = 14

export interface GrpcCalloutOptions extends CalloutOptions {
  readonly clusterName: string
}

/** A gRPC call or stream of a filter. @param message of a call, which sends one and waits for one */
export function grpcCallout(
  { service, method, metadata }: GrpcRequest,
  message: Uint8Array | undefined,
  receiver: GrpcReceiver,
  options: GrpcCalloutOptions,
): Begun<GrpcStream> {
  const headers = HeaderMap.of([
    [':method', 'POST'],
    [':scheme', 'http'],
    [':authority', options.clusterName],
    [':path', `/${service}/${method}`],
    ['te', 'trailers'],
    ['content-type', 'application/grpc'],
  ])
  if (options.timeoutMs > 0) headers.append('grpc-timeout', `${options.timeoutMs}m`)
  for (const [name, value] of metadata)
    if (!name.startsWith(':') && name !== 'te') headers.append(name, value)
  const answer = new GrpcAnswer(receiver)
  const callout = new Callout(headers, answer, options)
  answer.cancel = () => callout.cancel()
  if (message !== undefined) callout.send(grpcFrame(message), true)
  callout.begin()
  return {
    call: {
      get waitingBytes() {
        return callout.waitingBytes
      },
      send: (bytes, isEnd) => callout.send(grpcFrame(bytes), isEnd),
      close: () => callout.end(),
      cancel: () => callout.cancel(),
    },
  }
}

class GrpcAnswer implements CalloutReceiver {
  cancel: () => void = () => {}
  readonly #receiver: GrpcReceiver
  readonly #frames = new GrpcFrames()
  #isOver = false

  constructor(receiver: GrpcReceiver) {
    this.#receiver = receiver
  }

  head(headers: HeaderMap, isEnd: boolean): void {
    const status = Number(headers.get(':status'))
    if (status !== 200 || !isGrpc(headers)) {
      if (!isEnd) this.cancel()
      // Envoy says INTERNAL of an answer that is none of gRPC, and what its status means otherwise.
      this.#close(status === 200 ? INTERNAL : grpcStatusOfHttp(status), '', 'via_upstream')
      return
    }
    // A call that fails at once has its trailers in the place of its headers.
    this.#receiver.initialMetadata(isEnd ? new HeaderMap() : headers)
    if (isEnd) this.trailers(headers)
  }

  body(bytes: Uint8Array, isEnd: boolean): void {
    if (this.#isOver) return
    const isRight = this.#frames.add(bytes, (message) => this.#receiver.message(message))
    if (!isRight || isEnd) {
      if (!isEnd) this.cancel()
      this.#close(INTERNAL, '', 'via_upstream')
    }
  }

  trailers(trailers: HeaderMap): void {
    if (this.#isOver) return
    this.#receiver.trailingMetadata(trailers)
    const status = this.#frames.isInMessage ? INTERNAL : (grpcStatusOf(trailers) ?? INTERNAL)
    this.#close(status, trailers.get('grpc-message') ?? (status === 0 ? 'OK' : ''), 'via_upstream')
  }

  failed({ body, details }: Failure): void {
    if (this.#isOver) return
    // As Envoy, which answers in place of who did not.
    this.#receiver.initialMetadata(new HeaderMap())
    this.#receiver.trailingMetadata(
      HeaderMap.of([
        [':status', '200'],
        ['content-type', 'application/grpc'],
        ['grpc-status', String(UNAVAILABLE)],
        ['grpc-message', body],
      ]),
    )
    this.#close(UNAVAILABLE, body, details)
  }

  #close(status: number, message: string, details: string): void {
    this.#isOver = true
    this.#receiver.closed(status, message === '' ? details : `${message}{${details}}`)
  }
}
