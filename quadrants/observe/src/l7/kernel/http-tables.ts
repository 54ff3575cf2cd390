import { formatAddress } from '@quadrant/core'
import { type BpfMap, type Collection, type MappedMemory, structCodec } from '@quadrant/ebpf'
import { read64 } from '../../kernel/word.ts'
import {
  REQUEST_METHODS,
  type OpaqueSeries,
  PEERS,
  type RequestClient,
  type RequestSeries,
} from '../request-source.ts'
import type { RequestServer, SlotNames } from '../exchange-series.ts'
import { LATENCY_OFFSET, LATENCY_SCALE } from '../latency-histogram.ts'
import { collapsePath } from './collapsed-path.ts'

/** Of `enum method`: a series of TLS connections. */
const METHOD_HELLO = 11

interface Path {
  readonly text: string
  readonly cut: boolean
}

const NO_SERVER: RequestServer = { cgroupId: 0, port: 0, side: 'server', address: '' }

/** The tables that the kernel's program fills, read where it writes them. */
export class HttpTables implements SlotNames, Disposable {
  readonly #owned = new DisposableStack()
  readonly #slots: MappedMemory
  readonly #servers: Table
  readonly #paths: Table
  readonly #series: Table
  readonly #clients: Table
  readonly #serversMax: number
  readonly #at: ReturnType<typeof placesOf>
  readonly #serverOf: (RequestServer | undefined)[] = []
  readonly #clientOf: (RequestClient | undefined)[] = []
  readonly #pathOf: (Path | undefined)[] = []
  /** The words of each slot as of the last read. */
  readonly #before: (Uint32Array | undefined)[] = []
  readonly #opaque = new Map<number, OpaqueSeries>()

  /** @throws {EbpfError} */
  constructor(collection: Collection) {
    this.#at = placesOf(collection)
    this.#slots = this.#owned.use(collection.map('http_slots').mmap())
    this.#servers = this.#owned.use(new Table(collection.map('http_servers')))
    this.#paths = this.#owned.use(new Table(collection.map('http_paths')))
    this.#clients = this.#owned.use(new Table(collection.map('http_clients')))
    this.#series = this.#owned.use(new Table(collection.map('http_series')))
    this.#serversMax = collection.map('http_servers').maxEntries
  }

  /** What was counted since the last time. */
  read(): readonly RequestSeries[] {
    const given = new Uint32Array(this.#slots.bytes.buffer, this.#slots.bytes.byteOffset, 4)
    const servers = Math.min(given[0]! + 1, this.#serversMax)
    const series = Math.min(this.#serversMax + given[2]!, this.#series.count)
    // Slots are given from the first on: what is not in use is not in our memory.
    this.#servers.mapTo(servers)
    this.#paths.mapTo(given[1]! + 1)
    this.#clients.mapTo(given[3]! + 1)
    this.#series.mapTo(given[2] === 0 ? servers : series)
    const changed: RequestSeries[] = []
    for (let slot = 0; slot < series; slot++) {
      // The servers' own places come first; only as many as there are servers are in use.
      if (slot === servers) slot = Math.max(slot, this.#serversMax)
      if (slot >= series) break
      const row = this.#readRow(slot)
      if (row !== undefined) changed.push(row)
    }
    return changed
  }

  /** TLS connections as of the last read. */
  opaque(): readonly OpaqueSeries[] {
    return [...this.#opaque.values()]
  }

  #readRow(slot: number): RequestSeries | undefined {
    const { words, stride } = this.#series
    const at = this.#at.series
    const start = slot * stride
    const isRest = slot < this.#serversMax
    if (!isRest && Atomics.load(words, start + at.ready) === 0) return undefined
    const before = this.#before[slot]
    if (words[start + at.count] === (before?.[at.count] ?? 0)) {
      // Bytes of a long response may come alone: they are told with the next request.
      return undefined
    }
    const now = words.slice(start, start + stride)
    // The programs count a request before its latency: read after it, there are not fewer requests.
    now[at.count] = words[start + at.count]!
    now[at.count + 1] = words[start + at.count + 1]!
    this.#before[slot] = now
    const since = (index: number) => read64(now, index) - (before === undefined ? 0 : read64(before, index))
    const since32 = (index: number) => (now[index]! - (before?.[index] ?? 0)) >>> 0
    const serverSlot = isRest ? slot : now[at.server]!
    const server = this.server(serverSlot)
    const path = isRest ? undefined : this.#path(now[at.path]!)
    const kind = now[at.status]!
    const peer = PEERS[kind >>> 24]!
    const method = (kind >>> 16) & 0xff
    if (method === METHOD_HELLO) {
      const { cgroupId, side, port: serverPort, address: serverAddress } = server
      const count = read64(now, at.count)
      this.#opaque.set(slot, {
        cgroupId,
        side,
        serverPort,
        serverAddress,
        peer,
        client: this.client(now[at.status + 1]! >>> 16),
        serverName: path?.text,
        count,
      })
      return undefined
    }
    const counts: number[] = []
    for (let index = at.latency; index < at.latencyEnd; index++) counts.push(since32(index))
    return {
      cgroupId: server.cgroupId,
      side: server.side,
      serverPort: server.port,
      serverAddress: server.address,
      peer,
      client: this.client(now[at.status + 1]! >>> 16),
      protocol: (now[at.status + 1]! & 0xff) === 0 && !isRest ? 'http/1.0' : 'http/1.1',
      method: REQUEST_METHODS[method - 1],
      path: path?.text,
      pathCut: path?.cut ?? false,
      status: isRest ? undefined : kind & 0xffff,
      count: since(at.count),
      latencyNs: since(at.latencyNs),
      requestBytes: since(at.requestBytes),
      responseBytes: since(at.responseBytes),
      latency: {
        scale: LATENCY_SCALE,
        offset: LATENCY_OFFSET,
        counts,
        below: since32(at.below),
        above: since32(at.above),
      },
    }
  }

  /** Of a slot; one without a port where there is none. */
  server(slot: number): RequestServer {
    this.#servers.mapTo(slot + 1)
    return (this.#serverOf[slot] ??= this.#readServer(slot)) ?? NO_SERVER
  }

  /** All that were seen, with their slots. */
  *servers(): Generator<readonly [slot: number, server: RequestServer]> {
    const [given = 0] = new Uint32Array(this.#slots.bytes.buffer, this.#slots.bytes.byteOffset, 1)
    for (let slot = 1; slot <= Math.min(given, this.#serversMax - 1); slot++) {
      const server = this.server(slot)
      if (server !== NO_SERVER) yield [slot, server]
    }
  }

  #readServer(slot: number): RequestServer | undefined {
    const { words, bytes, stride } = this.#servers
    const at = this.#at.server
    const start = slot * stride
    if (slot === 0 || Atomics.load(words, start + at.ready) === 0) return undefined
    const kind = words[start + at.port]!
    const side = ((kind >>> 16) & 0xff) === 0 ? 'server' : 'client'
    return {
      cgroupId: read64(words, start + at.cgroup),
      port: kind & 0xffff,
      side,
      address:
        side === 'server'
          ? ''
          : formatAddress(bytes.slice(4 * (start + at.address), 4 * (start + at.address) + 16)),
    }
  }

  /** Who asks; undefined where that is not told apart. */
  client(slot: number): RequestClient | undefined {
    if (slot === 0) return undefined
    this.#clients.mapTo(slot + 1)
    return (this.#clientOf[slot] ??= this.#readClient(slot))
  }

  #readClient(slot: number): RequestClient | undefined {
    const { words, bytes, stride } = this.#clients
    const at = this.#at.client
    const start = slot * stride
    if (Atomics.load(words, start + at.ready) === 0) return undefined
    const pid = words[start + at.tgid]!
    if (pid !== 0) return { pid }
    const from = 4 * (start + at.address)
    return { address: formatAddress(bytes.slice(from, from + 16)) }
  }

  #path(slot: number): Path | undefined {
    return (this.#pathOf[slot] ??= this.#readPath(slot))
  }

  #readPath(slot: number): Path | undefined {
    const { words, bytes, stride } = this.#paths
    const at = this.#at.path
    const start = slot * stride
    if (slot === 0 || Atomics.load(words, start + at.ready) === 0) return undefined
    const from = 4 * (start + at.text)
    // Bytes of the network: what is no ASCII is told as one letter a byte.
    const text = Buffer.from(bytes.subarray(from, from + words[start + at.bytes]!)).toString('latin1')
    return { text: collapsePath(text), cut: words[start + at.cut] !== 0 }
  }

  [Symbol.dispose](): void {
    this.#owned.dispose()
  }
}

/** An array of the kernel's as words. */
class Table implements Disposable {
  readonly words: Uint32Array
  readonly bytes: Uint8Array
  /** Words from one slot to the next. */
  readonly stride: number
  readonly count: number
  readonly #mapped: MappedMemory

  constructor(map: BpfMap) {
    this.#mapped = map.mmap({ entries: 1 })
    this.bytes = this.#mapped.bytes
    this.words = new Uint32Array(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength / 4)
    this.stride = this.#mapped.stride / 4
    this.count = map.maxEntries
  }

  /** Has so many slots in memory from now on. @throws {EbpfError} */
  mapTo(slots: number): void {
    this.#mapped.mapTo(slots)
  }

  [Symbol.dispose](): void {
    this.#mapped[Symbol.dispose]()
  }
}

/** Where the fields are, in words, by the object's own description of its structures. */
function placesOf(collection: Collection) {
  const { btf } = collection.spec
  const series = structCodec(btf, 'struct http_series')
  const server = structCodec(btf, 'struct http_server')
  const path = structCodec(btf, 'struct http_path')
  const client = structCodec(btf, 'struct http_client')
  return {
    series: {
      server: series.offset('key.server') / 4,
      path: series.offset('key.path') / 4,
      /** With the method and the peer above it; version and client are in the next word. */
      status: series.offset('key.status') / 4,
      ready: series.offset('ready') / 4,
      count: series.offset('count') / 4,
      latencyNs: series.offset('latency_ns') / 4,
      requestBytes: series.offset('request_bytes') / 4,
      responseBytes: series.offset('response_bytes') / 4,
      below: series.offset('below') / 4,
      above: series.offset('above') / 4,
      latency: series.offset('latency') / 4,
      latencyEnd: series.bytes / 4,
    },
    server: {
      cgroup: server.offset('key.cgroup') / 4,
      /** With the side above it. */
      port: server.offset('key.port') / 4,
      address: server.offset('key.address') / 4,
      ready: server.offset('ready') / 4,
    },
    client: {
      tgid: client.offset('key.tgid') / 4,
      address: client.offset('key.address') / 4,
      ready: client.offset('ready') / 4,
    },
    path: {
      ready: path.offset('ready') / 4,
      bytes: path.offset('bytes') / 4,
      cut: path.offset('cut') / 4,
      text: path.offset('text') / 4,
    },
  } as const
}
