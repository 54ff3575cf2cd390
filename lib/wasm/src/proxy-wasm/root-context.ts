import { BufferType, MapType, Result, StreamType } from './abi.ts'
import type { BodyBuffer } from './body-buffer.ts'
import type { FilterContext } from './context.ts'
import type { Begun, GrpcRequest, GrpcStream, HttpCallRequest, Properties } from './filter-host.ts'
import type { FilterVm } from './filter-vm.ts'
import type { HeaderMap } from './header-map.ts'

/** What a plugin is, apart from its module. */
export interface PluginOptions {
  readonly rootId: string
  readonly configuration: Uint8Array
  readonly properties: Properties
}

/** Tokens of gRPC calls are odd and those of streams even, as in Envoy. */
type GrpcEntry = { readonly stream: GrpcStream; readonly isCall: boolean; isLocallyClosed: boolean }

type HttpEntry = { readonly call: { cancel(): void }; readonly bytes: number }

const EMPTY = new Uint8Array()

/**
 * A plugin within an instance: it makes the contexts of streams, and gets what does not belong to one of them: ticks,
 * answers of calls, messages of queues.
 */
export class RootContext implements FilterContext {
  readonly id: number
  readonly vm: FilterVm
  readonly rootId: string
  readonly configuration: Uint8Array
  readonly properties: Properties
  /** `get_status` */
  status: { readonly code: number; readonly message: string } = { code: 0, message: '' }
  readonly #httpCalls = new Map<number, HttpEntry>()
  readonly #grpc = new Map<number, GrpcEntry>()
  readonly #queues = new Map<number, () => void>()
  readonly #maps = new Map<MapType, HeaderMap>()
  readonly #buffers = new Map<BufferType, Uint8Array>()
  #nextHttpToken = 1
  #nextGrpcToken = 1
  #endTick: (() => void) | undefined
  #isConfiguring = false
  /** Set where it was told to go and said that it is not done yet. */
  #whenDone: (() => void) | undefined
  #isOver = false

  constructor(vm: FilterVm, id: number, { rootId, configuration, properties }: PluginOptions) {
    this.vm = vm
    this.id = id
    this.rootId = rootId
    this.properties = properties
    this.configuration = configuration
    vm.contexts.set(id, this)
  }

  /** Whether it accepts how it is configured, in `proxy_on_vm_start` and `proxy_on_configure`. */
  start(): boolean {
    const { vm } = this
    const { exports } = vm
    this.#isConfiguring = true
    vm.invoke(this, exports.onContextCreate, 0, this.id, 0)
    this.#isConfiguring = false
    let isStarted = vm.invoke(this, exports.onVmStart, 1, this.id, vm.options.vmConfiguration.length) !== 0
    if (isStarted) {
      this.#isConfiguring = true
      isStarted = vm.invoke(this, exports.onConfigure, 1, this.id, this.configuration.length) !== 0
      this.#isConfiguring = false
    }
    if (!isStarted) vm.fail('configuration', 'it does not accept its configuration')
    return vm.crash === undefined
  }

  get root(): this {
    return this
  }

  map(type: MapType): HeaderMap | undefined {
    return this.#maps.get(type)
  }

  mutableMap(): undefined {
    return undefined
  }

  clearRouteCache(): void {}

  buffer(type: BufferType): BodyBuffer | Uint8Array | undefined {
    if (type === BufferType.VM_CONFIGURATION) return this.vm.options.vmConfiguration
    if (type === BufferType.PLUGIN_CONFIGURATION) return this.#isConfiguring ? this.configuration : undefined
    // As Envoy: others are there, and empty, wherever they are asked for.
    return this.#buffers.get(type) ?? (type === BufferType.HTTP_CALL_RESPONSE_BODY ? undefined : EMPTY)
  }

  continueStream(type: StreamType): Result {
    return type === StreamType.UPSTREAM ? Result.UNIMPLEMENTED : Result.OK
  }

  closeStream(): Result {
    return Result.OK
  }

  /** There is no stream to answer. */
  localResponse(): Result {
    return Result.OK
  }

  /** 0 ends it. */
  setTickPeriod(periodMs: number): void {
    this.#endTick?.()
    this.#endTick =
      periodMs === 0 || this.#isOver
        ? undefined
        : this.vm.host.tick(periodMs, () => this.vm.invoke(this, this.vm.exports.onTick, 0, this.id))
  }

  /** A token, or the number that says why not. */
  httpCall(request: HttpCallRequest): Begun<number> {
    const { headers: head, body: content, trailers: tail } = request
    const bytes = head.byteLength + content.length + tail.byteLength
    if (this.#isFull(bytes)) return { result: Result.INTERNAL_FAILURE }
    const token = this.#httpToken()
    const begun = this.vm.host.httpCall(request, {
      answered: (headers, body, trailers) => {
        this.vm.defer(() => {
          if (!this.#httpCalls.delete(token)) return
          this.#maps.set(MapType.HTTP_CALL_RESPONSE_HEADERS, headers)
          // As Envoy: no trailers are no map, rather than an empty one.
          if (trailers.size > 0) this.#maps.set(MapType.HTTP_CALL_RESPONSE_TRAILERS, trailers)
          this.#buffers.set(BufferType.HTTP_CALL_RESPONSE_BODY, body)
          this.#httpCallEnded(token, headers.size, body.length, trailers.size)
          this.#maps.delete(MapType.HTTP_CALL_RESPONSE_HEADERS)
          this.#maps.delete(MapType.HTTP_CALL_RESPONSE_TRAILERS)
          this.#buffers.delete(BufferType.HTTP_CALL_RESPONSE_BODY)
        })
      },
      failed: () => {
        this.vm.defer(() => {
          if (!this.#httpCalls.delete(token)) return
          this.status = { code: Result.BROKEN_CONNECTION, message: 'reset' }
          this.#httpCallEnded(token, 0, 0, 0)
          this.status = { ...this.status, message: '' }
        })
      },
    })
    if ('result' in begun) return begun
    this.#httpCalls.set(token, { call: begun.call, bytes })
    return { call: token }
  }

  #httpCallEnded(token: number, headerCount: number, bodyBytes: number, trailerCount: number): void {
    const { exports } = this.vm
    this.vm.invoke(this, exports.onHttpCallResponse, 0, this.id, token, headerCount, bodyBytes, trailerCount)
  }

  /** @param message of a call, which sends one; undefined for a stream */
  grpc(request: GrpcRequest, message: Uint8Array | undefined, timeoutMs: number): Begun<number> {
    if (this.#isFull(request.metadata.byteLength + (message?.length ?? 0)))
      return { result: Result.INTERNAL_FAILURE }
    const isCall = message !== undefined
    const token = this.#grpcToken(isCall)
    const { host, exports } = this.vm
    const receiver = {
      // A call is told of its answer, or of its failure, and of nothing else.
      initialMetadata: (metadata: HeaderMap) =>
        isCall ||
        this.#withMap(token, MapType.GRPC_RECEIVE_INITIAL_METADATA, metadata, exports.onGrpcInitialMetadata),
      message: (bytes: Uint8Array) => {
        this.vm.defer(() => {
          if (!this.#grpc.has(token)) return
          this.#buffers.set(BufferType.GRPC_RECEIVE_BUFFER, bytes)
          this.vm.invoke(this, exports.onGrpcMessage, 0, this.id, token, bytes.length)
          this.#buffers.delete(BufferType.GRPC_RECEIVE_BUFFER)
          // A call is over with its answer: it is not told of its end besides.
          if (isCall) this.#grpc.delete(token)
        })
      },
      trailingMetadata: (metadata: HeaderMap) =>
        isCall ||
        this.#withMap(
          token,
          MapType.GRPC_RECEIVE_TRAILING_METADATA,
          metadata,
          exports.onGrpcTrailingMetadata,
        ),
      closed: (code: number, text: string) => {
        this.vm.defer(() => {
          const entry = this.#grpc.get(token)
          if (entry === undefined) return
          this.status = { code, message: text }
          this.vm.invoke(this, exports.onGrpcClose, 0, this.id, token, code)
          this.status = { code, message: '' }
          this.#grpc.delete(token)
        })
      },
    }
    const begun = isCall
      ? host.grpcCall(request, message, timeoutMs, receiver)
      : host.grpcStream(request, receiver)
    if ('result' in begun) return begun
    this.#grpc.set(token, { stream: begun.call, isCall, isLocallyClosed: false })
    return { call: token }
  }

  grpcSend(token: number, message: Uint8Array, isEnd: boolean): Result {
    if (token === 0 || isCallToken(token)) return Result.BAD_ARGUMENT
    const entry = this.#grpc.get(token)
    if (entry === undefined) return Result.NOT_FOUND
    if (entry.isLocallyClosed) return Result.OK
    if (this.#isOverBytes(message.length)) return Result.INTERNAL_FAILURE
    entry.isLocallyClosed ||= isEnd
    entry.stream.send(message, isEnd)
    return Result.OK
  }

  /** The filter sends no more; a call is given up. */
  grpcClose(token: number): Result {
    if (token === 0) return Result.BAD_ARGUMENT
    const entry = this.#grpc.get(token)
    if (entry === undefined) return Result.NOT_FOUND
    if (entry.isCall) return this.grpcCancel(token)
    entry.isLocallyClosed = true
    entry.stream.close()
    return Result.OK
  }

  grpcCancel(token: number): Result {
    if (token === 0) return Result.BAD_ARGUMENT
    const entry = this.#grpc.get(token)
    if (entry === undefined) return Result.NOT_FOUND
    this.#grpc.delete(token)
    entry.stream.cancel()
    return Result.OK
  }

  registerQueue(name: string): { readonly token: number } | { readonly result: Result } {
    let token = 0
    const ready = (): void => {
      this.vm.defer(() => this.vm.invoke(this, this.vm.exports.onQueueReady, 0, this.id, token))
    }
    const registered = this.vm.host.sharedQueues.register(this.vm.options.vmId, name, ready)
    if ('result' in registered) return registered
    ;({ token } = registered)
    const before = this.#queues.get(token)
    if (before !== undefined) this.vm.host.sharedQueues.release(before)
    this.#queues.set(token, ready)
    return registered
  }

  /** @param data what it gets for its buffer of that name */
  foreignCalled(functionId: number, data: Uint8Array): void {
    this.#buffers.set(BufferType.CALL_DATA, data)
    this.vm.invoke(this, this.vm.exports.onForeignFunction, 0, this.id, functionId, data.length)
    this.#buffers.delete(BufferType.CALL_DATA)
  }

  /** Told to go; calls back, now or later, when it is done. */
  end(whenDone: () => void): void {
    const { vm } = this
    this.#whenDone = () => {
      vm.invoke(this, vm.exports.onDelete, 0, this.id)
      this.release()
      whenDone()
    }
    if (vm.invoke(this, vm.exports.onDone, 1, this.id) !== 0) this.#finish()
  }

  done(): Result {
    if (this.#whenDone === undefined) return Result.NOT_FOUND
    this.vm.defer(() => this.#finish())
    return Result.OK
  }

  #finish(): void {
    const whenDone = this.#whenDone
    this.#whenDone = undefined
    whenDone?.()
  }

  /** Gives up all that is under way on its behalf. It is called no more. */
  release(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#endTick?.()
    for (const { call } of this.#httpCalls.values()) call.cancel()
    this.#httpCalls.clear()
    for (const { stream } of this.#grpc.values()) stream.cancel()
    this.#grpc.clear()
    for (const ready of this.#queues.values()) this.vm.host.sharedQueues.release(ready)
    this.#queues.clear()
    this.vm.contexts.delete(this.id)
  }

  #withMap(token: number, type: MapType, map: HeaderMap, callback: FilterVm['exports']['onGrpcClose']): void {
    this.vm.defer(() => {
      if (!this.#grpc.has(token)) return
      this.#maps.set(type, map)
      this.vm.invoke(this, callback, 0, this.id, token, map.size)
      this.#maps.delete(type)
    })
  }

  /** Counted, where one more call is too many, or too large. */
  #isFull(bytes: number): boolean {
    if (!this.#isOver && this.#httpCalls.size + this.#grpc.size < this.vm.options.limits.callsMax)
      return this.#isOverBytes(bytes)
    this.vm.refused.calls++
    return true
  }

  #isOverBytes(bytes: number): boolean {
    let sum = bytes
    for (const entry of this.#httpCalls.values()) sum += entry.bytes
    for (const { stream } of this.#grpc.values()) sum += stream.waitingBytes
    if (sum <= this.vm.options.limits.callBytesMax) return false
    this.vm.refused.calls++
    return true
  }

  #httpToken(): number {
    do this.#nextHttpToken = (this.#nextHttpToken + 1) >>> 0
    while (this.#nextHttpToken === 0 || this.#httpCalls.has(this.#nextHttpToken))
    return this.#nextHttpToken
  }

  #grpcToken(isCall: boolean): number {
    do this.#nextGrpcToken = (this.#nextGrpcToken + 1) >>> 0
    while (
      this.#nextGrpcToken === 0 ||
      isCallToken(this.#nextGrpcToken) !== isCall ||
      this.#grpc.has(this.#nextGrpcToken)
    )
    return this.#nextGrpcToken
  }
}

function isCallToken(token: number): boolean {
  return token % 2 === 1
}
