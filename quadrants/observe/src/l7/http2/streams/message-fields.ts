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

  /** What it says now, to be kept. */
  copy(): MessageFields {
    const copy = new MessageFields()
    copy.method = this.method
    copy.path = this.path
    copy.authority = this.authority
    copy.status = this.status
    copy.isGrpc = this.isGrpc
    copy.grpcStatus = this.grpcStatus
    copy.grpcMessage = this.grpcMessage
    copy.others = this.others
    copy.hasUnknown = this.hasUnknown
    return copy
  }

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
        this.status ??= statusOf(value)
        return
      case 'content-type':
        this.isGrpc ||= isGrpcType(value)
        return
      case 'grpc-status':
        this.grpcStatus ??= numberOf(value)
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
  return value === 'application/grpc' || /^application\/grpc(?:$|[+; ])/i.test(value)
}

/** Three digits, the first of them no zero (RFC 9110, section 15). */
function statusOf(value: string): number | undefined {
  const status = value.length === 3 ? numberOf(value) : undefined
  return status !== undefined && status >= 100 ? status : undefined
}

/** Up to nine digits. No pattern: this is done twice with each request. */
function numberOf(value: string): number | undefined {
  if (value.length === 0 || value.length > 9) return undefined
  let number = 0
  for (let at = 0; at < value.length; at++) {
    const digit = value.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) return undefined
    number = number * 10 + digit
  }
  return number
}
