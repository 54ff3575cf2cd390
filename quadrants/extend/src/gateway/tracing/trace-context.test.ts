import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import fc from 'fast-check'
import { readTraceParent, readTraceState, writeTraceParent } from './trace-context.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'

/** As in the W3C's own test suite for implementations (trace-context, test/test.py). */
const PARENTS: readonly (readonly [value: string, flags: number | undefined])[] = [
  [`00-${TRACE}-${SPAN}-01`, 1],
  [`00-${TRACE}-${SPAN}-00`, 0],
  [`00-${TRACE}-${SPAN}-ff`, 255],
  [`cc-${TRACE}-${SPAN}-01-what-the-future-will-be-like`, 1],
  [`cc-${TRACE}-${SPAN}-01`, 1],
  [`cc-${TRACE}-${SPAN}-01.what`, undefined],
  [`00-${TRACE}-${SPAN}-01-more`, undefined],
  [`ff-${TRACE}-${SPAN}-01`, undefined],
  [`00-${TRACE.toUpperCase()}-${SPAN}-01`, undefined],
  [`00-${'0'.repeat(32)}-${SPAN}-01`, undefined],
  [`00-${TRACE}-${'0'.repeat(16)}-01`, undefined],
  [`00-${TRACE}-${SPAN}-1`, undefined],
  [`00-${TRACE}-${SPAN}`, undefined],
  [`0-${TRACE}-${SPAN}-01`, undefined],
  [` 00-${TRACE}-${SPAN}-01`, undefined],
  [`00-${TRACE.slice(1)}-${SPAN}-01`, undefined],
  [`.0-${TRACE}-${SPAN}-01`, undefined],
  ['', undefined],
]

for (const [value, flags] of PARENTS)
  test(`traceparent ${JSON.stringify(value)} is ${flags === undefined ? 'none' : 'one'}`, () => {
    const headers = new HeaderMap()
    headers.append('traceparent', value)
    const expected = flags === undefined ? undefined : { traceId: TRACE, spanId: SPAN, flags }
    assert.deepEqual(readTraceParent(headers), expected)
  })

test('of two no one counts, and none is none', () => {
  const headers = new HeaderMap()
  assert.equal(readTraceParent(headers), undefined)
  headers.append('traceparent', `00-${TRACE}-${SPAN}-01`)
  headers.append('traceparent', `00-${TRACE}-${SPAN}-00`)
  assert.equal(readTraceParent(headers), undefined)
})

test('tracestate over several fields is one, and one that is too long is none', () => {
  const headers = new HeaderMap()
  assert.equal(readTraceState(headers), '')
  headers.append('tracestate', 'a=1')
  headers.append('tracestate', 'b=2,c=3')
  assert.equal(readTraceState(headers), 'a=1,b=2,c=3')
  headers.append('tracestate', `d=${'x'.repeat(4096)}`)
  assert.equal(readTraceState(headers), '')
})

test('what is read is well-formed, whatever came', () => {
  const hostile = fc.oneof(
    fc.string({ maxLength: 80 }),
    fc
      .tuple(
        fc.string({ maxLength: 3 }),
        fc.stringMatching(/^[0-9a-fA-F]{30,34}$/),
        fc.stringMatching(/^[0-9a-f]{15,17}$/),
        fc.string({ maxLength: 4 }),
      )
      .map((parts) => parts.join('-')),
  )
  fc.assert(
    fc.property(hostile, (value) => {
      const headers = new HeaderMap()
      headers.append('traceparent', value)
      const parent = readTraceParent(headers)
      if (parent === undefined) return
      headers.set('traceparent', writeTraceParent(parent.traceId, parent.spanId, true))
      assert.deepEqual(readTraceParent(headers), { ...parent, flags: 1 })
    }),
    { numRuns: 2000, seed: 7 },
  )
})
