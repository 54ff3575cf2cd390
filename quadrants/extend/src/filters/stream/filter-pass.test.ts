import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type BodyBuffer,
  DataStatus,
  HeaderMap,
  HeadersStatus,
  IterationStatus,
} from '@quadrant/wasm/proxy-wasm'
import { FilterPass } from './filter-pass.ts'

/** What a hop answers, callback by callback; it lets through whatever comes after that. */
interface Script {
  readonly headers: HeadersStatus
  readonly body: readonly DataStatus[]
  readonly trailers: IterationStatus
}

interface Run {
  /** What reached the sink and the hops, in order. */
  readonly events: string[]
  readonly pass: FilterPass
}

function run(scripts: readonly Script[], bufferBytesMax = 1_000_000): Run {
  const events: string[] = []
  const bodies = scripts.map(({ body }) => [...body])
  const pass = new FilterPass(
    scripts.map((script, index) => ({
      headers: (_, isEnd) => {
        events.push(`${index} head${isEnd ? '.' : ''}`)
        return script.headers
      },
      body: (body, isEnd) => {
        events.push(`${index} body ${text(body.bytes())}${isEnd ? '.' : ''}`)
        return bodies[index]?.shift() ?? DataStatus.CONTINUE
      },
      trailers: () => {
        events.push(`${index} trailers`)
        return script.trailers
      },
    })),
    {
      head: (_, isEnd) => events.push(`head${isEnd ? '.' : ''}`),
      body: (chunk, isEnd) => events.push(`body ${text(chunk)}${isEnd ? '.' : ''}`),
      trailers: () => events.push('trailers'),
      hold: (isHeld) => events.push(isHeld ? 'hold' : 'release'),
      tooLarge: () => {
        events.push('too large')
        pass.end()
      },
    },
    bufferBytesMax,
  )
  return { events, pass }
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}

const THROUGH: Script = { headers: HeadersStatus.CONTINUE, body: [], trailers: IterationStatus.CONTINUE }

test('what no filter stops goes through piece by piece', () => {
  const { events, pass } = run([THROUGH, THROUGH])
  pass.head(new HeaderMap(), false)
  pass.body(Buffer.from('ab'), false)
  pass.body(Buffer.from('cd'), false)
  pass.trailers(new HeaderMap())
  assert.deepEqual(events, [
    '0 head',
    '1 head',
    'head',
    '0 body ab',
    '1 body ab',
    'body ab',
    '0 body cd',
    '1 body cd',
    'body cd',
    '0 trailers',
    '1 trailers',
    'trailers',
  ])
})

test('a filter that stops at the headers sees the body when it goes on', () => {
  const { events, pass } = run([
    { ...THROUGH, headers: HeadersStatus.STOP_ALL_ITERATION_AND_WATERMARK },
    THROUGH,
  ])
  pass.head(new HeaderMap(), false)
  pass.body(Buffer.from('ab'), false)
  pass.body(Buffer.from('cd'), true)
  assert.deepEqual(events, ['0 head'])
  pass.continue(0)
  assert.deepEqual(events.slice(1), ['1 head', 'head', '0 body abcd.', '1 body abcd.', 'body abcd.'])
})

test('a filter that gathers the body is called for each piece, and those behind it once', () => {
  const { events, pass } = run([
    { ...THROUGH, body: [DataStatus.STOP_ITERATION_AND_BUFFER, DataStatus.STOP_ITERATION_AND_BUFFER] },
    THROUGH,
  ])
  pass.head(new HeaderMap(), false)
  for (const piece of ['a', 'b', 'c']) pass.body(Buffer.from(piece), piece === 'c')
  assert.deepEqual(events.slice(3), ['0 body a', '0 body b', '0 body c.', '1 body abc.', 'body abc.'])
})

test('what lies here is kept, though the memory that it came in is written again', () => {
  const { events, pass } = run([{ ...THROUGH, body: [DataStatus.STOP_ITERATION_AND_BUFFER] }])
  pass.head(new HeaderMap(), false)
  const read = Buffer.from('ab')
  pass.body(read, false)
  read.write('xy')
  pass.body(read.subarray(0, 1), true)
  assert.equal(events.at(-1), 'body abx.')
})

test('more than may lie here is refused, or what brings it waits', () => {
  const gathered = run([{ ...THROUGH, body: [DataStatus.STOP_ITERATION_AND_BUFFER] }], 3)
  gathered.pass.head(new HeaderMap(), false)
  gathered.pass.body(Buffer.from('abcd'), false)
  assert.equal(gathered.events.at(-1), 'too large')
  const waiting = run([{ ...THROUGH, body: [DataStatus.STOP_ITERATION_AND_WATERMARK] }], 3)
  waiting.pass.head(new HeaderMap(), false)
  waiting.pass.body(Buffer.from('abcd'), false)
  assert.equal(waiting.events.at(-1), 'hold')
  waiting.pass.continue(0)
  assert.deepEqual(waiting.events.slice(-2), ['body abcd', 'release'])
})

test('headers alone end where the filter that stopped them goes on', () => {
  const { events, pass } = run([{ ...THROUGH, headers: HeadersStatus.STOP_ALL_ITERATION_AND_BUFFER }])
  pass.head(new HeaderMap(), true)
  pass.continue(0)
  pass.continue(0)
  assert.deepEqual(events, ['0 head.', 'head.'])
})

const script: fc.Arbitrary<Script> = fc.record({
  headers: fc.constantFrom(
    HeadersStatus.CONTINUE,
    HeadersStatus.STOP_ALL_ITERATION_AND_WATERMARK,
    HeadersStatus.STOP_ALL_ITERATION_AND_BUFFER,
  ),
  body: fc.array(
    fc.constantFrom(
      DataStatus.CONTINUE,
      DataStatus.STOP_ITERATION_AND_BUFFER,
      DataStatus.STOP_ITERATION_AND_WATERMARK,
    ),
    { maxLength: 4 },
  ),
  trailers: fc.constantFrom(IterationStatus.CONTINUE, IterationStatus.STOP_ITERATION),
})

test('whatever filters stop, and whenever they go on, nothing is lost, doubled or out of order', () => {
  fc.assert(
    fc.property(
      fc.array(script, { maxLength: 4 }),
      fc.array(fc.stringMatching(/^[a-z]{1,5}$/), { maxLength: 5 }),
      fc.boolean(),
      fc.array(fc.nat(3), { maxLength: 12 }),
      (scripts, pieces, hasTrailers, continues) => {
        const { events, pass } = run(scripts)
        const goOn = [...continues]
        const maybeContinue = (): void => {
          const index = goOn.shift()
          if (index !== undefined) pass.continue(index)
        }
        pass.head(new HeaderMap(), pieces.length === 0 && !hasTrailers)
        maybeContinue()
        for (const [index, piece] of pieces.entries()) {
          pass.body(Buffer.from(piece, 'latin1'), index === pieces.length - 1 && !hasTrailers)
          maybeContinue()
        }
        if (hasTrailers) pass.trailers(new HeaderMap())
        // Everybody goes on in the end, as often as each can stop.
        for (let round = 0; round < 6; round++)
          for (let index = 0; index < scripts.length; index++) pass.continue(index)
        const sent = events.filter((event) => !/^\d/.test(event) && event !== 'hold' && event !== 'release')
        const ends = sent.filter((event) => event.endsWith('.') || event === 'trailers')
        assert.match(sent[0] ?? '', /^head\.?$/)
        assert.equal(sent.filter((event) => event.startsWith('head')).length, 1)
        assert.equal(ends.length, 1, sent.join(' | '))
        assert.equal(sent.at(-1), ends[0])
        const bytes = sent
          .filter((event) => event.startsWith('body '))
          .map((event) => event.slice(5).replace(/\.$/, ''))
        assert.equal(bytes.join(''), pieces.join(''))
      },
    ),
    { numRuns: 2000, seed: 7 },
  )
})

test('what a filter stopped at and had go on at once it has as its own, as others may write over it', () => {
  const kept: BodyBuffer[] = []
  const sent: string[] = []
  const pass: FilterPass = new FilterPass(
    [
      {
        headers: () => HeadersStatus.CONTINUE,
        body: (body) => {
          kept.push(body)
          pass.continue(0)
          return DataStatus.STOP_ITERATION_AND_BUFFER
        },
        trailers: () => IterationStatus.CONTINUE,
      },
    ],
    {
      head: () => {},
      body: (chunk) => sent.push(text(chunk)),
      trailers: () => {},
      hold: () => {},
      tooLarge: () => {},
    },
    1000,
  )
  const read = Buffer.from('secret')
  pass.head(new HeaderMap(), false)
  pass.body(read, true)
  read.fill('x')
  assert.deepEqual(sent, ['secret'])
  assert.equal(text(kept[0]!.bytes()), 'secret')
})

test('a filter that goes on while it buffers lets go what it is told after that', () => {
  for (const isAskedWithin of [false, true]) {
    const sent: string[] = []
    let callCount = 0
    const pass: FilterPass = new FilterPass(
      [
        {
          headers: () => HeadersStatus.CONTINUE,
          // As a context does it, which knows nothing of what becomes of its hop.
          body: (body) => {
            const isFirst = callCount++ === 0
            if (callCount === 2) pass.addBuffered(0, body)
            if (isFirst && isAskedWithin) pass.continue(0)
            return isFirst ? DataStatus.STOP_ITERATION_AND_BUFFER : DataStatus.CONTINUE
          },
          trailers: () => IterationStatus.CONTINUE,
        },
      ],
      {
        head: () => {},
        body: (chunk, isEnd) => sent.push(`${text(chunk)}${isEnd ? '.' : ''}`),
        trailers: () => {},
        hold: () => {},
        tooLarge: () => {},
      },
      1000,
    )
    pass.head(HeaderMap.of([[':method', 'POST']]), false)
    pass.body(Buffer.from('one'), false)
    pass.continue(0)
    pass.body(Buffer.from('two'), false)
    pass.body(Buffer.from('three'), true)
    assert.equal(sent.join(''), 'onetwothree.')
  }
})
