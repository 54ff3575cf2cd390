import {
  CloseType,
  IterationStatus,
  type Properties,
  type TcpContext,
  type TcpStream,
} from '@quadrant/wasm/proxy-wasm'
import type { ConnectionChain, ConnectionSink } from './connection-chain.ts'
import { ConnectionPass } from './connection-pass.ts'
import type { FilterSubject } from './filter-subject.ts'
import type { StreamInfo } from './stream-info.ts'

/** A filter as a connection meets it: makes its context for it. */
export interface ConnectionFilter {
  /**
   * Undefined where the connection goes on without; false where the filter is not there, and nothing goes on without it.
   */
  openConnection(stream: TcpStream): TcpContext | false | undefined
  properties(connection: FilterSubject): Properties
}

export interface FilterConnectionOptions {
  /** Bytes that filters may let lie, in each direction, before whoever sends them waits. */
  readonly bufferBytesMax: number
}

/** A connection through filters: what the client sends in their order, what the upstream sends the other way round. */
export class FilterConnection implements ConnectionChain, FilterSubject {
  readonly info: StreamInfo
  // It has no headers.
  readonly requestHeaders = undefined
  readonly responseHeaders = undefined
  readonly responseTrailersSeen = undefined
  readonly downstream: ConnectionPass
  readonly upstream: ConnectionPass
  readonly #sink: ConnectionSink
  readonly #contexts: TcpContext[] = []
  #isMissingFilter = false
  /** Which filter holds the connection itself, before it goes anywhere. */
  #heldAt: number | undefined
  #isBeginning = false
  #isOver = false

  constructor(
    filters: readonly ConnectionFilter[],
    sink: ConnectionSink,
    info: StreamInfo,
    { bufferBytesMax }: FilterConnectionOptions,
  ) {
    this.info = info
    this.#sink = sink
    for (const filter of filters) {
      const context = filter.openConnection(new ConnectionPlace(this, filter, this.#contexts.length))
      if (context === false) this.#isMissingFilter = true
      else if (context !== undefined) this.#contexts.push(context)
    }
    this.downstream = new ConnectionPass(
      this.#contexts.map((context) => (data, isEnd) => context.downstreamData(data, isEnd)),
      {
        data: (bytes, isEnd) => sink.toUpstream(bytes, isEnd),
        hold: (isHeld) => sink.holdDownstream(isHeld),
      },
      bufferBytesMax,
    )
    this.upstream = new ConnectionPass(
      this.#contexts.toReversed().map((context) => (data, isEnd) => {
        const status = context.upstreamData(data, isEnd)
        // As Envoy, where filters hear of the end of the upstream and of nothing else that becomes of it.
        if (isEnd) context.upstreamClosed(CloseType.UNKNOWN)
        return status
      }),
      { data: (bytes, isEnd) => sink.toClient(bytes, isEnd), hold: (isHeld) => sink.holdUpstream(isHeld) },
      bufferBytesMax,
    )
  }

  get filterCount(): number {
    return this.#contexts.length
  }

  /** Whether any filter sees it. */
  get isFiltered(): boolean {
    return this.#contexts.length > 0 || this.#isMissingFilter
  }

  get isHolding(): boolean {
    return this.#heldAt !== undefined || this.downstream.isHolding || this.upstream.isHolding
  }

  begin(): void {
    if (this.#isMissingFilter) this.#sink.finish()
    else this.#begin(0)
  }

  downstreamData(bytes: Uint8Array, isEnd: boolean): void {
    this.downstream.write(bytes, isEnd)
  }

  upstreamData(bytes: Uint8Array, isEnd: boolean): void {
    this.upstream.write(bytes, isEnd)
  }

  end(by: CloseType): void {
    if (this.#isOver) return
    this.#isOver = true
    this.downstream.end()
    this.upstream.end()
    for (const context of this.#contexts) context.downstreamClosed(by)
  }

  /** A filter lets the connection go on, or what the client has sent. */
  continueDownstream(index: number): void {
    if (this.#heldAt !== index) this.downstream.continue(index)
    else if (this.#isBeginning) this.#heldAt = undefined
    else {
      this.#heldAt = undefined
      this.#begin(index + 1)
    }
  }

  continueUpstream(index: number): void {
    this.upstream.continue(this.filterCount - 1 - index)
  }

  close(): void {
    if (!this.#isOver) this.#sink.finish()
  }

  clearRouteCache(): void {}

  #begin(from: number): void {
    for (let index = from; index < this.#contexts.length; index++) {
      this.#heldAt = index
      this.#isBeginning = true
      const status = this.#contexts[index]!.newConnection()
      this.#isBeginning = false
      if (this.#isOver) return
      // One that lets it go on in the same callback has done so already.
      if (status !== IterationStatus.CONTINUE && this.#heldAt !== undefined) return
      this.#heldAt = undefined
    }
    this.#sink.connect()
  }
}

/** What a filter's context asks of its connection. */
class ConnectionPlace implements TcpStream {
  readonly #connection: FilterConnection
  readonly #filter: ConnectionFilter
  readonly #index: number
  #properties: Properties | undefined

  constructor(connection: FilterConnection, filter: ConnectionFilter, index: number) {
    this.#connection = connection
    this.#filter = filter
    this.#index = index
  }

  get properties(): Properties {
    return (this.#properties ??= this.#filter.properties(this.#connection))
  }

  continueDownstream(): void {
    this.#connection.continueDownstream(this.#index)
  }

  continueUpstream(): void {
    this.#connection.continueUpstream(this.#index)
  }

  closeDownstream(): void {
    this.#connection.close()
  }

  closeUpstream(): void {
    this.#connection.close()
  }
}
