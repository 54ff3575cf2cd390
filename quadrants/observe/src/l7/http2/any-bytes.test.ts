import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import fc from 'fast-check'
import { HpackDecoder } from './hpack/hpack-decoder.ts'
import { Http2Error } from './http2-error.ts'
import type { HttpExchange } from './streams/http-exchange.ts'
import { Http2Connection } from './streams/http2-connection.ts'
import { type Piece, understand } from './testing/capture.ts'
import { checkTrue } from './testing/check-true.ts'
import { captureTalk } from './testing/node-talk.ts'

/** What Node's client and server said to each other: some exchanges, some at once, two of them reset. */
let captured: readonly Piece[]

before(async () => {
  captured = await captureTalk()
})

function checkCounts(connection: Http2Connection, told: readonly HttpExchange[]): void {
  const { exchanges, ...others } = connection.counts()
  assert.equal(exchanges.seen, exchanges.kept + exchanges.open + exchanges.overflow)
  assert.equal(exchanges.kept, told.length)
  for (const [name, count] of Object.entries(others))
    assert.ok(count >= 0 && Number.isSafeInteger(count), name)
  for (const { requestBytes, responseBytes, endNs, requestStartNs } of told) {
    assert.ok(requestBytes >= 0 && responseBytes >= 0)
    assert.ok(requestStartNs === undefined || requestStartNs <= endNs)
  }
}

/** What happens to a piece on its way: bytes changed, cut out, said to be missing, doubled. */
const change = fc.record({
  piece: fc.nat(),
  at: fc.nat(),
  kind: fc.constantFrom('flip', 'cut', 'miss', 'miss all', 'double', 'insert'),
  value: fc.nat(255),
  length: fc.integer({ min: 1, max: 40 }),
})

test('real captures, damaged: never an error, a count that does not add up, or an exchange that grows', () => {
  fc.assert(
    fc.property(
      fc.array(change, { maxLength: 4 }),
      fc.integer({ min: 1, max: 400 }),
      fc.boolean(),
      (changes, cut, isFromStart) => {
        const told: HttpExchange[] = []
        const connection = new Http2Connection((exchange) => told.push(exchange), {
          isFromStart,
          streamsMax: 8,
          stringBytesMax: 64,
          blockBytesMax: 512,
        })
        for (const [i, { sender, bytes }] of captured.entries()) {
          let rest = bytes
          for (const { piece, at, kind, value, length } of changes) {
            if (piece % captured.length !== i || rest.length === 0) continue
            const from = at % rest.length
            if (kind === 'flip') (rest = rest.slice())[from]! ^= value
            else if (kind === 'insert')
              rest = Buffer.concat([
                rest.subarray(0, from),
                new Uint8Array(length).fill(value),
                rest.subarray(from),
              ])
            else if (kind === 'double') connection.push(sender, rest, i)
            else {
              connection.push(sender, rest.subarray(0, from), i)
              const end = Math.min(from + length, rest.length)
              if (kind === 'miss') connection.miss(sender, end - from, i)
              if (kind === 'miss all') connection.miss(sender, undefined, i)
              rest = rest.subarray(end)
            }
          }
          for (let at = 0; at < rest.length; at += cut)
            connection.push(sender, rest.subarray(at, at + cut), i)
          checkCounts(connection, told)
        }
        if (changes.length === 0 && isFromStart) assert.equal(connection.opaque, undefined)
        connection.close(captured.length)
        checkCounts(connection, told)
        assert.equal(connection.counts().exchanges.open, 0)
      },
    ),
    { seed: 9113, numRuns: 1500 },
  )
})

/** What the whole capture says of each stream. */
function truth(): ReadonlyMap<number, HttpExchange> {
  return new Map(understand(captured).exchanges.map((exchange) => [exchange.streamId, exchange]))
}

test('bytes that are said to be missing make nothing wrong, only unknown', () => {
  const all = truth()
  const gap = fc.record({
    piece: fc.nat(captured.length - 1),
    at: fc.nat(),
    length: fc.integer({ min: 1, max: 30 }),
  })
  let unknown = 0
  let goneOn = 0
  let opaque = 0
  fc.assert(
    fc.property(fc.array(gap, { minLength: 1, maxLength: 3 }), (gaps) => {
      const told: HttpExchange[] = []
      const connection = new Http2Connection((exchange) => told.push(exchange))
      for (const [i, { sender, bytes, timeNs }] of captured.entries()) {
        const missing = gaps.find(({ piece }) => piece === i)
        const from = missing ? missing.at % bytes.length : bytes.length
        const to = missing ? Math.min(from + missing.length, bytes.length) : from
        connection.push(sender, bytes.subarray(0, from), timeNs)
        connection.miss(sender, to - from, timeNs)
        connection.push(sender, bytes.subarray(to), timeNs)
      }
      connection.close(0)
      for (const exchange of told) checkTrue(exchange, all, true)
      unknown += told.filter(({ hasUnknownFields }) => hasUnknownFields).length
      if (connection.opaque === undefined) goneOn++
      else {
        assert.equal(connection.opaque, 'gap')
        opaque++
      }
    }),
    { seed: 1, numRuns: 1000 },
  )
  // Both happen, or this shows nothing.
  assert.ok(unknown > 100 && goneOn > 50 && opaque > 50, `${unknown} ${goneOn} ${opaque}`)
})

/** Where the frames of one side begin. */
function boundaries(sender: Piece['sender']): readonly number[] {
  const bytes = Buffer.concat(captured.filter((piece) => piece.sender === sender).map((piece) => piece.bytes))
  const at: number[] = []
  const preface = sender === 'client' ? 24 : 0
  for (let offset = preface; offset < bytes.length; offset += 9 + bytes.readUIntBE(offset, 3)) at.push(offset)
  return at
}

test('whoever joins at any frame tells nothing that is not so', () => {
  const all = truth()
  const starts = { client: boundaries('client'), server: boundaries('server') }
  let told = 0
  for (let join = 0; join < captured.length; join++) {
    const seen = { client: 0, server: 0 }
    const exchanges: HttpExchange[] = []
    const connection = new Http2Connection((exchange) => exchanges.push(exchange), { isFromStart: false })
    for (const [i, { sender, bytes, timeNs }] of captured.entries()) {
      const offset = seen[sender]
      seen[sender] += bytes.length
      if (i < join) continue
      // Each side from its first frame on that begins there.
      const first = starts[sender].find((at) => at >= sumBefore(join, sender)) ?? Infinity
      if (seen[sender] > first) connection.push(sender, bytes.subarray(Math.max(first - offset, 0)), timeNs)
    }
    connection.close(0)
    assert.equal(connection.opaque, undefined)
    for (const exchange of exchanges) checkTrue(exchange, all, false)
    told += exchanges.length
  }
  assert.ok(told > all.size)
})

function sumBefore(join: number, of: Piece['sender']): number {
  return captured
    .slice(0, join)
    .reduce((sum, { sender, bytes }) => sum + (sender === of ? bytes.length : 0), 0)
}

test('frames of any kind: nothing is told that does not add up, and open streams stay within the limit', () => {
  const anyFrame = fc
    .record({
      type: fc.nat(11),
      flags: fc.nat(63),
      streamId: fc.oneof(fc.nat(9), fc.nat(0x7fff_ffff)),
      payload: fc.uint8Array({ maxLength: 12 }),
      sender: fc.constantFrom('client' as const, 'server' as const),
    })
    .map(({ type, flags, streamId, payload, sender }) => {
      const bytes = new Uint8Array(9 + payload.length)
      bytes.set([
        0,
        0,
        payload.length,
        type,
        flags,
        streamId >>> 24,
        streamId >>> 16,
        streamId >>> 8,
        streamId,
      ])
      bytes.set(payload, 9)
      return { sender, bytes }
    })
  fc.assert(
    fc.property(fc.array(anyFrame, { maxLength: 60 }), (frames) => {
      const told: HttpExchange[] = []
      const connection = new Http2Connection((exchange) => told.push(exchange), {
        isFromStart: false,
        streamsMax: 3,
      })
      for (const [i, { sender, bytes }] of frames.entries()) {
        connection.push(sender, bytes, i)
        checkCounts(connection, told)
        assert.ok(connection.counts().exchanges.open <= 3)
      }
      connection.close(frames.length)
      checkCounts(connection, told)
    }),
    { seed: 9113, numRuns: 1500 },
  )
})

test('any header block: fields or a typed error within the block, and a table within its limit', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 12 }),
      fc.boolean(),
      fc.integer({ min: 40, max: 300 }),
      (blocks, isJoined, tableBytesMax) => {
        const decoder = new HpackDecoder({ isJoined, tableBytesMax, stringBytesMax: 20, listBytesMax: 2000 })
        for (const block of blocks) {
          let listBytes = 0
          try {
            decoder.decode(block, 0, block.length, {
              field: (name, value) => {
                listBytes += Buffer.byteLength(name) + 32
                assert.ok(value === undefined || value.length <= 20)
              },
            })
          } catch (error) {
            if (!(error instanceof Http2Error)) throw error
            assert.ok(error.code.startsWith('hpack-') && error.offset >= 0 && error.offset <= block.length)
            assert.equal(decoder.known.entries, 0)
          }
          // Names that are no UTF-8 become longer when they are told.
          assert.ok(listBytes <= 3 * 2000)
          assert.ok(decoder.known.bytes <= tableBytesMax && decoder.known.entries * 32 <= tableBytesMax)
          assert.ok(decoder.unknownEntryCountMax >= 0 && Number.isInteger(decoder.unknownEntryCountMax))
        }
      },
    ),
    { seed: 7541, numRuns: 5000 },
  )
})
