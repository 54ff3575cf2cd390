import { crc32 } from 'node:zlib'
import { Family } from '../kernel/record.ts'
import { baselineKey, type Baseline } from './baseline.ts'
import { cookieOf, SocketFlag, type SocketColumns } from './socket-columns.ts'
import { VarintReader, VarintWriter } from './varint.ts'

/**
 * What was told of every live socket, so that the next agent goes on where this one ended.
 *
 *     magic "QCP1" │ crc32 of the rest │ kind 0 whole, 1 delta │ boot id, 16 bytes │ varints …
 *     … namespaces: count, then (inode, active opens, passive opens)
 *     … sockets: until the end
 *          1 cookie discriminator flags openNs tuple counters           first word on a socket
 *          2 cookie discriminator flags counters                        the same socket later
 *          3 cookie discriminator                                       closed and told
 *     tuple: family | protocol << 8, netns, ports, local and remote: one word for IPv4, else four
 *     counters: sent received segments-out segments-in retransmits, cumulative
 */
const MAGIC = 0x31504351
const HEAD_BYTES = 25
const Kind = { whole: 0, delta: 1 } as const
const Op = { birth: 1, update: 2, gone: 3 } as const

/** Longer than any that {@link CheckpointWriter} makes for the largest table. */
const CHECKPOINT_BYTES_MAX = 64 * 1024 * 1024
/** More sockets than this are refused. */
const SOCKETS_MAX = 1_048_576

/** Flags of a socket that outlive the agent. */
const KEPT_FLAGS =
  SocketFlag.active |
  SocketFlag.passive |
  SocketFlag.established |
  SocketFlag.existing |
  SocketFlag.secondary |
  SocketFlag.openTold |
  SocketFlag.openRowTold |
  SocketFlag.roleKnown |
  SocketFlag.server |
  SocketFlag.roleGuessed |
  SocketFlag.udpPeer

/** The kernel's counts of connections opened in a namespace since boot (`Tcp:` in /proc/net/snmp). */
export interface OpenCounts {
  readonly active: number
  readonly passive: number
}

/** What checkpoints, put together, say: sockets by {@link baselineKey}, counts by namespace. */
export interface CheckpointState {
  readonly sockets: Map<string, Baseline>
  readonly opens: Map<number, OpenCounts>
}

/** A checkpoint that must not be used: told in words, and never half applied. */
export class CheckpointError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CheckpointError'
  }
}

/** Notes what is told of sockets, and makes checkpoints of it. */
export class CheckpointWriter {
  readonly #bootId: Uint8Array
  readonly #sockets = new VarintWriter()

  /** @param bootId Of the running kernel: cookies mean nothing after the next boot. */
  constructor(bootId: string) {
    this.#bootId = bootIdBytes(bootId)
  }

  /** Notes what was told of a live socket. */
  told(columns: SocketColumns, slot: number): void {
    const known = (columns.flags[slot]! & SocketFlag.inCheckpoint) !== 0
    columns.flags[slot]! |= SocketFlag.inCheckpoint
    writeSocket(this.#sockets, columns, slot, known ? Op.update : Op.birth)
  }

  /** Notes that a socket is closed and told. */
  gone(columns: SocketColumns, slot: number): void {
    if ((columns.flags[slot]! & SocketFlag.inCheckpoint) === 0) return
    columns.flags[slot]! &= ~SocketFlag.inCheckpoint
    this.#sockets.write(Op.gone)
    this.#sockets.write(cookieOf(columns, slot))
    this.#sockets.write(columns.discriminator[slot]!)
  }

  /** Notes that a socket of the checkpoint before is gone. */
  forget(cookie: number, discriminator: number): void {
    this.#sockets.write(Op.gone)
    this.#sockets.write(cookie)
    this.#sockets.write(discriminator)
  }

  /** What was noted since the last call. */
  takeDelta(opens: ReadonlyMap<number, OpenCounts>): Uint8Array {
    return seal(Kind.delta, this.#bootId, opens, this.#sockets.take())
  }

  /** Everything, in place of all before it. `waiting` are sockets of a restored checkpoint not met again yet. */
  whole(
    columns: SocketColumns,
    highWater: number,
    opens: ReadonlyMap<number, OpenCounts>,
    waiting: ReadonlyMap<string, Baseline>,
  ): Uint8Array {
    const sockets = new VarintWriter()
    for (let slot = 0; slot < highWater; slot++)
      if ((columns.flags[slot]! & SocketFlag.inCheckpoint) !== 0)
        writeSocket(sockets, columns, slot, Op.birth)
    for (const baseline of waiting.values()) writeBaseline(sockets, baseline)
    return seal(Kind.whole, this.#bootId, opens, sockets.take())
  }
}

/**
 * Puts a whole checkpoint and the deltas after it together. One of another boot is nothing: the sockets are gone.
 *
 * @throws {CheckpointError} when any part is cut, changed or out of order; then none of them holds.
 */
export function readCheckpoints(parts: readonly Uint8Array[], bootId: string): CheckpointState | undefined {
  const boot = bootIdBytes(bootId)
  let state: CheckpointState | undefined
  for (const [index, part] of parts.entries()) {
    try {
      const kind = checkHead(part)
      if (!part.subarray(9, HEAD_BYTES).every((byte, i) => byte === boot[i])) {
        state = undefined
        continue
      }
      if (kind === Kind.whole) state = { sockets: new Map(), opens: new Map() }
      // A journal may begin with the deltas of an agent that had nothing before them.
      state ??= { sockets: new Map(), opens: new Map() }
      readBody(new VarintReader(part, HEAD_BYTES), state)
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new CheckpointError(`checkpoint ${index + 1} of ${parts.length}: ${reason}`, { cause })
    }
  }
  return state
}

function checkHead(part: Uint8Array): number {
  if (part.length < HEAD_BYTES) throw new RangeError(`${part.length} bytes are too few`)
  if (part.length > CHECKPOINT_BYTES_MAX) throw new RangeError(`${part.length} bytes are too many`)
  const view = new DataView(part.buffer, part.byteOffset, part.byteLength)
  if (view.getUint32(0, true) !== MAGIC) throw new RangeError('not a checkpoint')
  if (view.getUint32(4, true) !== crc32(part.subarray(8))) throw new RangeError('checksum does not match')
  const kind = part[8]!
  if (kind > Kind.delta) throw new RangeError(`unknown kind ${kind}`)
  return kind
}

function readBody(reader: VarintReader, state: CheckpointState): void {
  const namespaces = reader.read()
  for (let i = 0; i < namespaces; i++)
    state.opens.set(reader.read(), { active: reader.read(), passive: reader.read() })
  while (!reader.done) {
    const op = reader.read()
    const cookie = reader.read()
    const discriminator = reader.read()
    const key = baselineKey(cookie, discriminator)
    if (op === Op.gone) state.sockets.delete(key)
    else if (op === Op.birth) state.sockets.set(key, readBirth(reader, cookie, discriminator))
    else if (op === Op.update) {
      const before = state.sockets.get(key)
      if (!before) throw new RangeError(`socket ${key} was never told`)
      state.sockets.set(key, { ...before, flags: reader.read() & KEPT_FLAGS, ...readCounters(reader) })
    } else throw new RangeError(`unknown entry ${op}`)
    if (state.sockets.size > SOCKETS_MAX) throw new RangeError('too many sockets')
  }
}

function readBirth(reader: VarintReader, cookie: number, discriminator: number): Baseline {
  const flags = reader.read() & KEPT_FLAGS
  const openNs = reader.read()
  const head = reader.read()
  const netns = reader.read()
  const ports = reader.read()
  const family = head & 0xff
  return {
    cookie,
    discriminator,
    flags,
    openNs,
    netns,
    family,
    protocol: (head >>> 8) & 0xff,
    localPort: ports & 0xffff,
    remotePort: ports >>> 16,
    local: readAddress(reader, family),
    remote: readAddress(reader, family),
    ...readCounters(reader),
  }
}

function readAddress(reader: VarintReader, family: number): readonly number[] {
  if (family === Family.inet) return [reader.read(), 0, 0, 0]
  return [reader.read(), reader.read(), reader.read(), reader.read()]
}

function readCounters(reader: VarintReader) {
  return {
    sent: reader.read(),
    received: reader.read(),
    segmentsOut: reader.read(),
    segmentsIn: reader.read(),
    retransmits: reader.read(),
  }
}

function writeSocket(writer: VarintWriter, columns: SocketColumns, slot: number, op: number): void {
  writer.write(op)
  writer.write(cookieOf(columns, slot))
  writer.write(columns.discriminator[slot]!)
  writer.write((columns.flags[slot]! & KEPT_FLAGS) >>> 0)
  if (op === Op.birth) {
    const { family, local, remote } = columns
    writer.write(Math.floor(columns.openNs[slot]!))
    writer.write(family[slot]! | (columns.protocol[slot]! << 8))
    writer.write(columns.netns[slot]!)
    writer.write((columns.localPort[slot]! | (columns.remotePort[slot]! << 16)) >>> 0)
    const length = family[slot] === Family.inet ? 1 : 4
    for (let i = 0; i < length; i++) writer.write(local[slot * 4 + i]!)
    for (let i = 0; i < length; i++) writer.write(remote[slot * 4 + i]!)
  }
  // Below 0 while a UDP peer that began again waits to be told; the next agent begins it again anyway.
  writer.write(Math.max(0, columns.toldSent[slot]!))
  writer.write(Math.max(0, columns.toldReceived[slot]!))
  writer.write(Math.max(0, columns.toldSegmentsOut[slot]!))
  writer.write(Math.max(0, columns.toldSegmentsIn[slot]!))
  writer.write(Math.max(0, columns.toldRetransmits[slot]!))
}

function writeBaseline(writer: VarintWriter, baseline: Baseline): void {
  const length = baseline.family === Family.inet ? 1 : 4
  for (const value of [
    Op.birth,
    baseline.cookie,
    baseline.discriminator,
    baseline.flags,
    baseline.openNs,
    baseline.family | (baseline.protocol << 8),
    baseline.netns,
    (baseline.localPort | (baseline.remotePort << 16)) >>> 0,
    ...baseline.local.slice(0, length),
    ...baseline.remote.slice(0, length),
    baseline.sent,
    baseline.received,
    baseline.segmentsOut,
    baseline.segmentsIn,
    baseline.retransmits,
  ])
    writer.write(value)
}

function seal(
  kind: number,
  bootId: Uint8Array,
  opens: ReadonlyMap<number, OpenCounts>,
  sockets: Uint8Array,
): Uint8Array {
  const head = new VarintWriter(64)
  head.write(opens.size)
  for (const [netns, counts] of opens) {
    head.write(netns)
    head.write(counts.active)
    head.write(counts.passive)
  }
  const namespaces = head.take()
  const part = new Uint8Array(HEAD_BYTES + namespaces.length + sockets.length)
  const view = new DataView(part.buffer)
  view.setUint32(0, MAGIC, true)
  part[8] = kind
  part.set(bootId, 9)
  part.set(namespaces, HEAD_BYTES)
  part.set(sockets, HEAD_BYTES + namespaces.length)
  view.setUint32(4, crc32(part.subarray(8)), true)
  return part
}

/** The 16 bytes of a UUID such as /proc/sys/kernel/random/boot_id holds. */
function bootIdBytes(bootId: string): Uint8Array {
  const hex = bootId.replaceAll('-', '')
  if (!/^[0-9a-f]{32}$/i.test(hex)) throw new CheckpointError(`a boot id is a UUID, not \`${bootId}\``)
  return Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16))
}
