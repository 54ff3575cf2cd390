import type { FieldSink } from '../hpack/hpack-decoder.ts'
import type { FieldBlock } from './exchange-watch.ts'

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
const NO_FIELDS: readonly (readonly [name: string, value: string])[] = []
const NO_NAMES: ReadonlySet<string> = new Set()

/** What one header block says. It is used for one block after the other. */
export class MessageFields implements FieldSink, FieldBlock {
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
  unknownCount = 0
  /** All that there are, while they are collected. */
  list = NO_FIELDS
  #list: (readonly [name: string, value: string])[] | undefined
  #isCollecting = false
  /** Of `others`, while all fields are told. */
  #names = NO_NAMES

  /** Has the list of all fields from the next block on. @param names of those that `others` has then */
  collect(names: ReadonlySet<string> | undefined): void {
    this.#isCollecting = names !== undefined
    this.#names = names ?? NO_NAMES
  }

  get isCollecting(): boolean {
    return this.#isCollecting
  }

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
    copy.unknownCount = this.unknownCount
    copy.list = this.list
    copy.#isCollecting = this.#isCollecting
    return copy
  }

  reset(): void {
    this.method = this.path = this.authority = this.grpcMessage = undefined
    this.status = this.grpcStatus = undefined
    this.isGrpc = this.hasUnknown = false
    this.unknownCount = 0
    this.others = NONE
    this.#others = undefined
    this.list = NO_FIELDS
    // Another one each time: whoever keeps a copy has it.
    this.#list = undefined
  }

  /** So many fields of it are not known. */
  miss(count: number): void {
    this.hasUnknown = true
    this.unknownCount += count
  }

  field(name: string, value: string | undefined): void {
    if (value === undefined) {
      this.miss(1)
      return
    }
    if (this.#isCollecting) {
      this.list = this.#list ??= []
      this.#list.push([name, value])
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
        if (this.#isCollecting && !this.#names.has(name)) return
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
