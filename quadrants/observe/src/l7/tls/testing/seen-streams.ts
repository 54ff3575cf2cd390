import assert from 'node:assert/strict'
import { createHash, type Hash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../../discover/host-clock.ts'
import { StreamFlag, type StreamRecord } from '../../stream/stream-record.ts'
import { type GoTlsSource, type GoTlsSourceOptions, openGoTlsSource } from '../go-tls-source.ts'
import type { ToldSide } from './tls-talk.ts'

class Direction {
  readonly hash: Hash = createHash('sha256')
  next: number | undefined
  bytes = 0
  copied = 0
  isFromStart = false
  /** Bytes that are missing between records. */
  missed = 0
}

/** What came of one side of a connection. */
export class SeenStream {
  readonly sent = new Direction()
  readonly received = new Direction()
  readonly local: string
  readonly remote: string
  readonly pid: number
  readonly flags: number
  closed = 0

  constructor({ localAddress, localPort, remoteAddress, remotePort, pid, flags }: StreamRecord) {
    this.local = `${localAddress}:${localPort}`
    this.remote = `${remoteAddress}:${remotePort}`
    this.pid = pid
    this.flags = flags & (StreamFlag.client | StreamFlag.server | StreamFlag.tls)
  }

  take({ flags, offset, length, bytes }: StreamRecord): void {
    if (flags & StreamFlag.closed) this.closed++
    if (length === 0) return
    const direction = flags & StreamFlag.sent ? this.sent : this.received
    if (direction.next === undefined) direction.isFromStart = (flags & StreamFlag.fromStart) !== 0
    else direction.missed += (offset - direction.next) >>> 0
    direction.next = (offset + length) >>> 0
    direction.bytes += length
    direction.copied += bytes.length
    direction.hash.update(bytes)
  }
}

/** A source, and what it told, by process and socket: both ends may be here. */
export class SeenStreams implements Disposable {
  readonly source: GoTlsSource
  readonly streams = new Map<string, SeenStream>()
  readonly #polling: NodeJS.Timeout

  constructor(options: Partial<GoTlsSourceOptions> = {}) {
    this.source = openGoTlsSource({
      sink: (record) => {
        const key = `${record.connection}`
        let stream = this.streams.get(key)
        if (stream === undefined) this.streams.set(key, (stream = new SeenStream(record)))
        stream.take(record)
      },
      monotonicNs: () => systemClock.monotonicNs(),
      trapCosts: { emulated: 1000, stepped: 5000 },
      ...options,
    })
    this.#polling = setInterval(() => this.source.poll(), 5)
  }

  of(cookie: number): SeenStream | undefined {
    return this.streams.get(String(cookie))
  }

  /** Waits until these connections are told to be closed; the kernel takes its time for it. */
  async closed(sides: readonly ToldSide[]): Promise<void> {
    for (let turn = 0; turn < 500; turn++) {
      if (sides.every(({ cookie }) => this.of(cookie)?.closed === 1)) return
      await sleep(10)
    }
    assert.fail(
      `not closed: ${sides.filter(({ cookie }) => this.of(cookie)?.closed !== 1).length} of ${sides.length}`,
    )
  }

  dropped(): readonly string[] {
    return this.source.drops().flatMap(({ reason, count }) => (count > 0 ? [`${reason}: ${count}`] : []))
  }

  [Symbol.dispose](): void {
    clearInterval(this.#polling)
    this.source[Symbol.dispose]()
  }
}

/** Every byte, in its place, of the very socket. */
export function checkWhole(seen: SeenStreams, side: ToldSide, pid: number): void {
  const stream = seen.of(side.cookie)
  assert.ok(stream, `nothing of ${JSON.stringify(side)}`)
  const flag = side.side === 'client' ? StreamFlag.client : StreamFlag.server
  const { sent, received, local, remote, flags } = stream
  assert.deepEqual(
    { pid: stream.pid, local, remote, flags },
    { pid, local: side.local, remote: side.remote, flags: flag | StreamFlag.tls },
  )
  assert.deepEqual([sent.bytes, received.bytes], [side.writtenBytes, side.readBytes])
  assert.deepEqual([sent.missed, received.missed], [0, 0])
  if (sent.bytes > 0) assert.ok(sent.isFromStart)
  if (received.bytes > 0) assert.ok(received.isFromStart)
}

/** What was copied is what the program wrote and read. */
export function checkContent(seen: SeenStreams, { cookie, written, read }: ToldSide): void {
  const { sent, received } = seen.of(cookie)!
  assert.deepEqual([sent.copied, received.copied], [sent.bytes, received.bytes])
  assert.deepEqual([sent.hash.copy().digest('hex'), received.hash.copy().digest('hex')], [written, read])
}
