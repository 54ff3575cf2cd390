import { BufferType, IterationStatus, Result, StreamType, type CloseType, type MapType } from './abi.ts'
import type { BodyBuffer } from './body-buffer.ts'
import type { FilterContext } from './context.ts'
import type { Properties } from './filter-host.ts'
import type { Callback } from './filter-exports.ts'
import type { FilterVm } from './filter-vm.ts'
import type { HeaderMap } from './header-map.ts'
import type { RootContext } from './root-context.ts'

/** The connection that a context belongs to, by whoever has it. */
export interface TcpStream {
  readonly properties: Properties
  continueDownstream(): void
  continueUpstream(): void
  closeDownstream(): void
  closeUpstream(): void
}

/** A connection within an instance. */
export class TcpContext implements FilterContext {
  readonly id: number
  readonly root: RootContext
  readonly properties: Properties
  readonly #vm: FilterVm
  readonly #stream: TcpStream
  readonly #isFailOpen: boolean
  #downstreamData: BodyBuffer | undefined
  #upstreamData: BodyBuffer | undefined
  #isCreated = false
  #isOver = false
  #hasFailed = false

  constructor(root: RootContext, id: number, stream: TcpStream, isFailOpen: boolean) {
    this.id = id
    this.root = root
    this.properties = stream.properties
    this.#vm = root.vm
    this.#stream = stream
    this.#isFailOpen = isFailOpen
    this.#vm.contexts.set(id, this)
  }

  newConnection(): IterationStatus {
    this.#isCreated = true
    this.#vm.invoke(this, this.#vm.exports.onContextCreate, 0, this.id, this.root.id)
    return this.#status(this.#vm.exports.onNewConnection, 0, false)
  }

  /** From the client. @param data what has not gone on yet, which the guest may change */
  downstreamData(data: BodyBuffer, isEnd: boolean): IterationStatus {
    this.#downstreamData = data
    const status = this.#status(this.#vm.exports.onDownstreamData, data.length, isEnd)
    if (status === IterationStatus.CONTINUE) this.#downstreamData = undefined
    return status
  }

  /** From the upstream. */
  upstreamData(data: BodyBuffer, isEnd: boolean): IterationStatus {
    this.#upstreamData = data
    const status = this.#status(this.#vm.exports.onUpstreamData, data.length, isEnd)
    if (status === IterationStatus.CONTINUE) this.#upstreamData = undefined
    return status
  }

  upstreamClosed(by: CloseType): void {
    if (!this.#isOver) this.#vm.invoke(this, this.#vm.exports.onUpstreamClose, 0, this.id, by)
  }

  /** It is over then. */
  downstreamClosed(by: CloseType): void {
    if (this.#isOver) return
    const { exports } = this.#vm
    this.#vm.invoke(this, exports.onDownstreamClose, 0, this.id, by)
    this.#isOver = true
    if (this.#isCreated) {
      this.#vm.invoke(this, exports.onDone, 1, this.id)
      this.#vm.invoke(this, exports.onLog, 0, this.id)
      this.#vm.invoke(this, exports.onDelete, 0, this.id)
    }
    this.#vm.contexts.delete(this.id)
  }

  map(type: MapType): HeaderMap | undefined {
    return this.root.map(type)
  }

  mutableMap(): undefined {
    return undefined
  }

  clearRouteCache(): void {}

  buffer(type: BufferType): BodyBuffer | Uint8Array | undefined {
    const data =
      type === BufferType.DOWNSTREAM_DATA
        ? this.#downstreamData
        : type === BufferType.UPSTREAM_DATA
          ? this.#upstreamData
          : undefined
    return data ?? this.root.buffer(type)
  }

  continueStream(type: StreamType): Result {
    if (type === StreamType.DOWNSTREAM) this.#later(() => this.#stream.continueDownstream())
    else if (type === StreamType.UPSTREAM) this.#later(() => this.#stream.continueUpstream())
    return Result.OK
  }

  closeStream(type: StreamType): Result {
    if (type === StreamType.DOWNSTREAM) this.#later(() => this.#stream.closeDownstream())
    if (type === StreamType.UPSTREAM) this.#later(() => this.#stream.closeUpstream())
    return Result.OK
  }

  /** There is no answer but of HTTP. */
  localResponse(): Result {
    return Result.OK
  }

  done(): Result {
    return Result.NOT_FOUND
  }

  #status(callback: Callback | undefined, length: number, isEnd: boolean): IterationStatus {
    const status = this.#vm.invoke(this, callback, 0, this.id, length, isEnd ? 1 : 0)
    if (this.#vm.crash !== undefined)
      return this.#failed() ? IterationStatus.STOP_ITERATION : IterationStatus.CONTINUE
    return status === 0 ? IterationStatus.CONTINUE : IterationStatus.STOP_ITERATION
  }

  /** Whether the connection ends of it that its filter is over. */
  #failed(): boolean {
    if (this.#isFailOpen) return false
    if (!this.#hasFailed) {
      this.#hasFailed = true
      this.#later(() => this.#stream.closeDownstream())
    }
    return true
  }

  #later(action: () => void): void {
    this.#vm.defer(() => {
      if (!this.#isOver) action()
    })
  }
}
