import { connect, type Socket } from 'node:net'
import {
  BodyBuffer,
  CloseType,
  IterationStatus,
  type RootContext,
  TcpContext,
} from '@quadrant/wasm/proxy-wasm'
import { FilterState } from '../../quadrants/extend/src/filters/foreign/filter-state.ts'
import { FOREIGN_LIMITS } from '../../quadrants/extend/src/filters/foreign/foreign-limits.ts'
import type { PluginProperties } from '../../quadrants/extend/src/filters/foreign/plugin-properties.ts'
import type { StreamInfo } from '../../quadrants/extend/src/filters/stream/stream-info.ts'

export interface TcpPassageOptions {
  readonly root: RootContext
  readonly properties: PluginProperties
  readonly upstreamPort: number
  readonly cluster: string
  readonly isFailOpen: boolean
}

/** One direction: what a filter holds, and whether the end has come behind it. */
class Direction {
  readonly data = new BodyBuffer()
  isEnd = false
  isHeld = false
}

/** A connection of a client through a filter to the upstream, as Envoy's proxy of TCP is behind its filters. */
export class TcpPassage {
  readonly #client: Socket
  readonly #options: TcpPassageOptions
  readonly #context: TcpContext | undefined
  readonly #downstream = new Direction()
  readonly #upstreamward = new Direction()
  #upstream: Socket | undefined
  #isClosed = false
  #isUpstreamOver = false

  constructor(client: Socket, options: TcpPassageOptions) {
    const { root, properties, isFailOpen } = options
    this.#client = client
    this.#options = options
    client.on('error', () => {})
    if (root.vm.crash !== undefined) return
    const stream = {
      properties: properties.ofStream({
        info: this.#info(),
        state: new FilterState(FOREIGN_LIMITS),
        requestHeaders: () => undefined,
        responseHeaders: () => undefined,
        responseTrailers: () => undefined,
        clearRouteCache: () => {},
      }),
      continueDownstream: () => this.#continueDownstream(),
      continueUpstream: () => this.#pass(this.#upstreamward, this.#client),
      closeDownstream: () => this.#close(CloseType.LOCAL),
      closeUpstream: () => this.#close(CloseType.LOCAL),
    }
    this.#context = new TcpContext(root, root.vm.nextContextId()!, stream, isFailOpen)
  }

  begin(): void {
    if (this.#context === undefined && !this.#options.isFailOpen) {
      this.#client.destroy()
      return
    }
    if ((this.#context?.newConnection() ?? IterationStatus.CONTINUE) === IterationStatus.CONTINUE)
      this.#connect()
    else this.#downstream.isHeld = true
  }

  #connect(): void {
    if (this.#isClosed || this.#upstream !== undefined) return
    const upstream = connect({ port: this.#options.upstreamPort, host: '127.0.0.1', allowHalfOpen: true })
    this.#upstream = upstream
    upstream.on('error', () => this.#close(CloseType.LOCAL))
    upstream.on('data', (bytes: Buffer) => this.#onUpstream(bytes, false))
    upstream.on('end', () => this.#onUpstream(NOTHING, true))
    this.#client.on('data', (bytes: Buffer) => this.#onDownstream(bytes, false))
    this.#client.on('end', () => this.#onDownstream(NOTHING, true))
    this.#client.on('close', () => this.#close(CloseType.REMOTE))
  }

  #onDownstream(bytes: Uint8Array, isEnd: boolean): void {
    const direction = this.#downstream
    direction.data.append(bytes)
    direction.isEnd = isEnd
    const status = this.#context?.downstreamData(direction.data, isEnd) ?? IterationStatus.CONTINUE
    direction.isHeld = status !== IterationStatus.CONTINUE
    if (!direction.isHeld) this.#pass(direction, this.#upstream)
    if (this.#isUpstreamOver && isEnd && !direction.isHeld) this.#close(CloseType.REMOTE)
  }

  #onUpstream(bytes: Uint8Array, isEnd: boolean): void {
    if (this.#isClosed) return
    const direction = this.#upstreamward
    direction.data.append(bytes)
    direction.isEnd = isEnd
    const status = this.#context?.upstreamData(direction.data, isEnd) ?? IterationStatus.CONTINUE
    direction.isHeld = status !== IterationStatus.CONTINUE
    if (isEnd) {
      this.#isUpstreamOver = true
      this.#context?.upstreamClosed(CloseType.UNKNOWN)
    }
    if (direction.isHeld) return
    this.#pass(direction, this.#client)
    if (isEnd && this.#downstream.isEnd) this.#close(CloseType.LOCAL)
  }

  #continueDownstream(): void {
    if (this.#upstream === undefined) {
      this.#downstream.isHeld = false
      this.#connect()
    } else this.#pass(this.#downstream, this.#upstream)
  }

  #pass(direction: Direction, to: Socket | undefined): void {
    direction.isHeld = false
    const bytes = Buffer.from(direction.data.bytes())
    direction.data.clear()
    if (bytes.length > 0) to?.write(bytes)
    if (direction.isEnd) to?.end()
  }

  #close(by: CloseType): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#context?.downstreamClosed(by)
    // What was written is sent before.
    this.#client.destroySoon()
    this.#upstream?.destroySoon()
  }

  #info(): StreamInfo {
    const { upstreamPort, cluster } = this.#options
    const { remoteAddress = '', remotePort = 0, localAddress = '', localPort = 0 } = this.#client
    return {
      connection: {
        id: remotePort,
        sourceAddress: `${remoteAddress}:${remotePort}`,
        sourcePort: remotePort,
        destinationAddress: `${localAddress}:${localPort}`,
        destinationPort: localPort,
      },
      protocol: '',
      startTimeMs: Date.now(),
      listenerName: '',
      routeName: '',
      virtualHostName: '',
      clusterName: cluster,
      upstreamAddress: `127.0.0.1:${upstreamPort}`,
      upstreamTransportFailure: undefined,
      requestBodyBytes: 0,
      requestHeadBytes: 0,
      responseBodyBytes: 0,
      responseHeadBytes: 0,
      responseStatus: 0,
      responseDetails: '',
      responseFlags: 0,
      requestId: '',
      durationNs: undefined,
    }
  }
}

const NOTHING = new Uint8Array()
