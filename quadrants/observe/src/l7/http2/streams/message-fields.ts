import type { FieldSink } from '../hpack/hpack-decoder.ts'

/** Fields that pairing needs, whatever else is asked for. */
export const MESSAGE_NAMES: readonly string[] = [
  ':method',
  ':path',
  ':authority',
  ':status',
  'content-type',
  'grpc-status',
  'grpc-message',
]

const NONE: ReadonlyMap<string, string> = new Map()

/** What one header block says. It is used for one block after the other. */
export class MessageFields implements FieldSink {
  method: string | undefined
  path: string | undefined
  authority: string | undefined
  status: number | undefined
  isGrpc = false
  grpcStatus: number | undefined
  grpcMessage: string | undefined
  others = NONE
  #others: Map<string, string> | undefined
  /** Fields are missing: unknown to the decoder, too long, or the block itself is lost. */
  hasUnknown = false

  reset(): void {
    this.method = this.path = this.authority = this.grpcMessage = undefined
    this.status = this.grpcStatus = undefined
    this.isGrpc = this.hasUnknown = false
    this.others = NONE
    this.#others = undefined
  }

  field(name: string, value: string | undefined): void {
    if (value === undefined) {
      this.hasUnknown = true
      return
    }
    switch (name) {
      case ':method':
        this.method ??= value
        return
      case ':path':
        this.path ??= value
        return
      case ':authority':
        this.authority ??= value
        return
      case ':status':
        this.status ??= numberOf(value, /^[1-9]\d\d$/)
        return
      case 'content-type':
        this.isGrpc ||= isGrpcType(value)
        return
      case 'grpc-status':
        this.grpcStatus ??= numberOf(value, /^\d{1,9}$/)
        return
      case 'grpc-message':
        this.grpcMessage ??= value
        return
      default:
        this.others = this.#others ??= new Map()
        if (!this.#others.has(name)) this.#others.set(name, value)
    }
  }
}

/** `application/grpc`, `application/grpc+proto`, … (gRPC over HTTP2, "Content-Type"), which gRPC-Web is not. */
function isGrpcType(value: string): boolean {
  return /^application\/grpc(?:$|[+; ])/i.test(value)
}

function numberOf(value: string, pattern: RegExp): number | undefined {
  return pattern.test(value) ? Number(value) : undefined
}
