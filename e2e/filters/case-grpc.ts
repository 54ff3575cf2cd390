import {
  Metadata,
  Server,
  ServerCredentials,
  status,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
} from '@grpc/grpc-js'
import { promisify } from 'node:util'

/** What filters call by gRPC: the service `case.Echo`, whose messages are bytes. */
export class CaseGrpc implements AsyncDisposable {
  readonly #server: Server
  readonly port: number

  private constructor(server: Server, port: number) {
    this.#server = server
    this.port = port
  }

  static async open(): Promise<CaseGrpc> {
    const server = new Server()
    server.addService(
      {
        Unary: method('Unary', false),
        Fail: method('Fail', false),
        Slow: method('Slow', false),
        Stream: method('Stream', true),
        FailStream: method('FailStream', true),
      },
      { Unary: unary, Fail: fail, Slow: () => {}, Stream: stream, FailStream: failStream },
    )
    const bind = promisify(server.bindAsync.bind(server))
    return new CaseGrpc(server, await bind('127.0.0.1:0', ServerCredentials.createInsecure()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.forceShutdown()
  }
}

type Unary = ServerUnaryCall<Buffer, Buffer>
type Stream = ServerDuplexStream<Buffer, Buffer>

function method(name: string, isStream: boolean) {
  const asIs = (bytes: Buffer) => bytes
  return {
    path: `/case.Echo/${name}`,
    requestStream: isStream,
    responseStream: isStream,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  }
}

function unary(call: Unary, answer: sendUnaryData<Buffer>): void {
  call.sendMetadata(metadata('x-initial', 'i'))
  const told = call.metadata.get('x-told').join()
  answer(null, Buffer.from(`re:${call.request.toString('latin1')}:${told}`), metadata('x-trailing', 't'))
}

function fail(_: Unary, answer: sendUnaryData<Buffer>): void {
  answer({ code: status.FAILED_PRECONDITION, details: 'not now', metadata: metadata('x-trailing', 'f') })
}

function stream(call: Stream): void {
  call.sendMetadata(metadata('x-initial', call.metadata.get('x-told').join()))
  call.on('data', (message: Buffer) => call.write(Buffer.from(`re:${message.toString('latin1')}`)))
  call.on('end', () => call.end(metadata('x-trailing', 't')))
}

function failStream(call: Stream): void {
  call.emit('error', { code: status.PERMISSION_DENIED, details: 'no', metadata: metadata('x-trailing', 'f') })
}

function metadata(name: string, value: string): Metadata {
  const made = new Metadata()
  made.set(name, value)
  return made
}
