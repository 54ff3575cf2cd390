import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import fc from 'fast-check'
import type { HttpExchange } from '../http2/streams/http-exchange.ts'
import { type Piece, recut, understand } from '../http2/testing/capture.ts'
import { checkTrue } from '../http2/testing/check-true.ts'
import { captureTalk } from '../http2/testing/node-talk.ts'
import { Http2Connections } from './http2-connections.ts'
import { type Http2Record, RecordFlag } from './http2-record.ts'
import { RecordMaker } from './testing/record-maker.ts'

const talks: { readonly pieces: readonly Piece[]; readonly exchanges: readonly HttpExchange[] }[] = []

before(async () => {
  for (const isPadded of [false, true]) {
    const pieces = await captureTalk({ isPadded })
    talks.push({ pieces, exchanges: understand(pieces).exchanges })
  }
})

const talk = fc.constantFrom(0, 1).map((index) => () => talks[index]!)

/** What an exchange says but for the times, which are those of frames' heads where their payload is not told. */
function withoutTimes(exchange: HttpExchange): Partial<HttpExchange> {
  const {
    requestStartNs: _a,
    requestEndNs: _b,
    responseStartNs: _c,
    responseEndNs: _d,
    endNs: _e,
    fields: _f,
    ...rest
  } = exchange
  return rest
}

function byStream(exchanges: readonly HttpExchange[]): readonly Partial<HttpExchange>[] {
  return exchanges.map(withoutTimes).toSorted((a, b) => a.streamId! - b.streamId!)
}

function readAll(records: Iterable<Http2Record>) {
  const told: HttpExchange[] = []
  const connections = new Http2Connections((_place, exchange) => told.push(exchange))
  for (const record of records) {
    connections.take(record)
    const { seen, open, overflow } = connections.counts()
    assert.equal(seen, told.length + open + overflow)
  }
  return { told, counts: connections.counts() }
}

/** Lengths for `recut`. */
const cuts = fc.oneof(
  fc.constant(() => Infinity),
  fc.infiniteStream(fc.integer({ min: 1, max: 60 })).map((lengths) => () => lengths.next().value),
)

describe('records of connections', () => {
  test('heads and header blocks alone tell what the whole connection tells, in any pieces', () => {
    fc.assert(
      fc.property(talk, cuts, (of, length) => {
        const { pieces, exchanges } = of()
        const maker = new RecordMaker()
        const records = [...recut(pieces, length)].map((piece) => maker.abridged(piece))
        const { told, counts } = readAll([
          ...records.filter((record) => record !== undefined),
          maker.closed(0),
        ])
        assert.deepEqual(byStream(told), byStream(exchanges))
        assert.deepEqual([counts.gaps, counts.misread, counts.connections, counts.open], [0, 0, 0, 0])
      }),
      { seed: 2, numRuns: 60 },
    )
  })

  test('packets that come out of order make no difference', () => {
    let unordered = 0
    fc.assert(
      fc.property(
        talk,
        cuts,
        fc.constantFrom('client' as const, 'server' as const),
        fc.array(fc.nat(), { minLength: 4, maxLength: 4 }),
        fc.nat(2 ** 32 - 1),
        (of, length, sender, [from, count, ...order], sequence) => {
          const { pieces, exchanges } = of()
          const all = [...recut(pieces, length)]
          const maker = new RecordMaker({ sequence })
          const records: (Http2Record | undefined)[] = []
          let held: Piece[] | undefined
          let isDone = false
          const shuffled = (size: number) =>
            Array.from({ length: size }, (_, index) => index).toSorted(
              (a, b) => ((a * 7919 + order[0]!) % 101) - ((b * 7919 + order[1]!) % 101),
            )
          for (const [index, piece] of all.entries()) {
            if (piece.sender !== sender && held) {
              // Who answers has what it answers to.
              records.push(...maker.whole(held, shuffled))
              held = []
            }
            if (piece.sender !== sender || isDone) {
              records.push(maker.abridged(piece))
              continue
            }
            if (held === undefined && index >= from! % all.length && maker.canUnorder(sender)) {
              records.push(maker.unorderedFrom(sender, piece.timeNs))
              held = []
            }
            if (held === undefined) {
              records.push(maker.abridged(piece))
              continue
            }
            held.push(piece)
            if (held.length < 1 + (count! % 12)) continue
            records.push(...maker.whole(held, shuffled))
            held = []
            if (!maker.isAtFrame(sender)) continue
            records.push(maker.ordered(sender, piece.timeNs))
            held = undefined
            isDone = true
            unordered++
          }
          if (held) records.push(...maker.whole(held, shuffled))
          records.push(maker.closed(0))
          const { told, counts } = readAll(records.filter((record) => record !== undefined))
          assert.deepEqual([counts.gaps, counts.misread], [0, 0])
          assert.deepEqual(byStream(told), byStream(exchanges))
        },
      ),
      { seed: 3, numRuns: 300 },
    )
    assert.ok(unordered > 50, `${unordered}`)
  })

  test('where records are missing nothing wrong is told, and what comes later is told again', () => {
    let later = 0
    let unknown = 0
    fc.assert(
      fc.property(
        talk,
        cuts,
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 5 })), { minLength: 1, maxLength: 3 }),
        (of, length, missing) => {
          const { pieces, exchanges } = of()
          const whole = new Map(exchanges.map((exchange) => [exchange.streamId, exchange]))
          const maker = new RecordMaker()
          const records = [...recut(pieces, length)]
            .map((piece) => maker.abridged(piece))
            .filter((record) => record !== undefined)
          const kept = records.filter(
            (_, index) =>
              !missing.some(
                ([at, count]) => index >= at % records.length && index < (at % records.length) + count,
              ),
          )
          const { told } = readAll([...kept, maker.closed(0)])
          for (const exchange of told) {
            const isBegun = exchange.requestStartNs !== undefined
            // A request's data may have been in what is missing, and so may the answer's.
            if (exchange.end !== 'complete') unknown++
            checkTrue(
              { ...exchange, requestBytes: 0, responseBytes: 0, hasUnknownFields: true },
              whole,
              false,
            )
            if (isBegun && exchange.end === 'complete') later++
          }
        },
      ),
      { seed: 4, numRuns: 300 },
    )
    assert.ok(later > 100 && unknown > 100, `${later} ${unknown}`)
  })

  test('records of any bytes and numbers: counts that add up, and connections within their limit', () => {
    const any = fc.record({
      connection: fc.nat(4),
      atNs: fc.nat(),
      server: fc.nat(3),
      peer: fc.nat(255),
      client: fc.nat(0xffff),
      sender: fc.constantFrom('client' as const, 'server' as const),
      number: fc.oneof(fc.nat(3), fc.nat(2 ** 32 - 1)),
      sequence: fc.oneof(fc.nat(30), fc.nat(2 ** 32 - 1)),
      left: fc.oneof(fc.constant(0), fc.nat(2 ** 24)),
      before: fc.oneof(fc.constant(0), fc.nat(0xffff)),
      flags: fc.nat(31),
      bytes: fc.oneof(
        fc.uint8Array({ maxLength: 40 }),
        fc
          .tuple(fc.nat(9), fc.nat(63), fc.nat(5), fc.uint8Array({ maxLength: 20 }))
          .map(([type, flags, stream, payload]) =>
            Uint8Array.from([0, 0, payload.length, type, flags, 0, 0, 0, stream, ...payload]),
          ),
      ),
    })
    fc.assert(
      fc.property(fc.array(any, { maxLength: 60 }), (records) => {
        let told = 0
        const connections = new Http2Connections(() => told++, { connectionsMax: 3 })
        for (const record of records) {
          connections.take(record)
          const { seen, open, overflow, connections: count } = connections.counts()
          assert.equal(seen, told + open + overflow)
          assert.ok(count <= 3)
        }
      }),
      { seed: 5, numRuns: 1500 },
    )
  })

  test('the connection that was used last makes room, and one that is idle for an hour goes', () => {
    const connections = new Http2Connections(() => undefined, { connectionsMax: 2 })
    const say = (connection: number, seconds: number) => {
      const record = new RecordMaker().closed(seconds * 1e9)
      connections.take({ ...record, connection, flags: RecordFlag.fromStart })
    }
    say(1, 0)
    say(2, 1)
    say(1, 5)
    say(3, 6)
    assert.deepEqual([connections.counts().connections, connections.counts().evicted], [2, 1])
    // It was 2 that went: 1 goes on without a new one being made.
    say(1, 7)
    assert.equal(connections.counts().evicted, 1)
    say(3, 3700)
    connections.evictIdle()
    assert.deepEqual([connections.counts().connections, connections.counts().evicted], [1, 2])
  })
})
