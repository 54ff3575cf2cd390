import assert from 'node:assert/strict'
import { test } from 'node:test'
import { frame, OPENING, SETTINGS, SETTINGS_ACK } from '../testing/frames.ts'
import { FrameReader, type FrameReaderOptions } from './frame-reader.ts'

/** A reader, and lines of what it tells. */
function reading(options: Partial<FrameReaderOptions> = {}) {
  const lines: string[] = []
  const reader = new FrameReader(
    {
      headerBlock: ({ streamId, promisedId, isEndStream, startNs, endNs }, bytes, start, end) =>
        lines.push(
          `block ${streamId} ${promisedId} ${isEndStream} ${startNs}-${endNs} ${Buffer.from(bytes.slice(start, end)).toString('hex')}`,
        ),
      headerBlockLost: ({ streamId, promisedId, isEndStream }, reason) =>
        lines.push(`lost ${streamId} ${promisedId} ${isEndStream} ${reason}`),
      data: (streamId, byteCount, isEndStream) => lines.push(`data ${streamId} ${byteCount} ${isEndStream}`),
      settings: (settings) => lines.push(`settings ${settings && JSON.stringify([...settings])}`),
      settingsAck: () => lines.push('ack'),
      reset: (streamId, code) => lines.push(`reset ${streamId} ${code}`),
      goaway: (lastStreamId, code) => lines.push(`goaway ${lastStreamId} ${code}`),
      opaque: (reason) => lines.push(`opaque ${reason}`),
    },
    { sender: 'server', isFromStart: false, ...options },
  )
  return { reader, lines }
}

interface Case {
  readonly what: string
  readonly bytes: readonly Uint8Array[]
  readonly told: readonly string[]
  readonly options?: Partial<FrameReaderOptions>
}

const CASES: readonly Case[] = [
  {
    what: 'the beginning of a client',
    bytes: [OPENING, SETTINGS_ACK, frame(1, 5, 1, '82')],
    told: ['settings []', 'ack', 'block 1 0 true 0-0 82'],
    options: { sender: 'client', isFromStart: true },
  },
  {
    what: 'settings, the last of each counts',
    bytes: [frame(4, 0, 0, '000100000064 000500010000 000100000065'.replaceAll(' ', ''))],
    told: ['settings [[1,101],[5,65536]]'],
  },
  {
    what: 'padding, priority and continuations',
    bytes: [
      frame(1, 1 | 8 | 32, 3, '0200000000ff8281ffff'),
      frame(9, 0, 3, ''),
      frame(9, 4, 3, '83'),
      frame(0, 1 | 8, 3, '03616161ffffff'),
    ],
    told: ['block 3 0 true 0-0 828183', 'data 3 3 true'],
  },
  {
    what: 'a promise, and what is not known',
    bytes: [
      frame(5, 4 | 8, 3, '01000000048200'),
      frame(77, 255, 9, '00'),
      frame(6, 0, 0, '0000000000000000'),
    ],
    told: ['block 3 4 false 0-0 82'],
  },
  {
    what: 'a reset and a farewell with words',
    bytes: [frame(3, 0, 5, '00000008'), frame(7, 0, 0, `8000000500000002${'ab'.repeat(500)}`)],
    told: ['reset 5 8', 'goaway 5 2'],
  },
  {
    what: 'a header block over the limit, in one frame and in many',
    bytes: [
      frame(1, 4, 1, '82'.repeat(17)),
      frame(1, 1, 3, '82'.repeat(16)),
      frame(9, 0, 3, '82'),
      frame(9, 4, 3, '82'),
      frame(1, 4, 5, '82'.repeat(16)),
    ],
    told: ['lost 1 0 false limit', 'lost 3 0 true limit', `block 5 0 false 0-0 ${'82'.repeat(16)}`],
    options: { blockBytesMax: 16 },
  },
  {
    what: 'no preface',
    bytes: [Buffer.from('GET / HTTP/1.1\r\nhost: a\r\n\r\n')],
    told: ['opaque preface'],
    options: { sender: 'client', isFromStart: true },
  },
  {
    what: 'a server that does not begin with SETTINGS',
    bytes: [frame(6, 0, 0, '0000000000000000')],
    told: ['opaque preface'],
    options: { isFromStart: true },
  },
  {
    what: 'a frame that is too long',
    bytes: [SETTINGS, frame(0, 0, 1, new Uint8Array(16_385))],
    told: ['settings []', 'opaque frame-size'],
    options: { isFromStart: true },
  },
  { what: 'a reset of five bytes', bytes: [frame(3, 0, 1, '0000000000')], told: ['opaque frame-size'] },
  { what: 'settings of seven bytes', bytes: [frame(4, 0, 0, '00'.repeat(7))], told: ['opaque frame-size'] },
  { what: 'data of no stream', bytes: [frame(0, 0, 0, '00')], told: ['opaque frame-stream'] },
  { what: 'settings of a stream', bytes: [frame(4, 0, 1)], told: ['opaque frame-stream'] },
  { what: 'a continuation of nothing', bytes: [frame(9, 4, 1, '82')], told: ['opaque frame-order'] },
  {
    what: 'a block that another stream goes on with',
    bytes: [frame(1, 0, 1, '82'), frame(9, 4, 3, '82')],
    told: ['opaque frame-order'],
  },
  {
    what: 'a client that pushes',
    bytes: [frame(5, 4, 1, '0000000282')],
    told: ['opaque frame-order'],
    options: { sender: 'client' },
  },
  { what: 'padding longer than data', bytes: [frame(0, 8, 1, '0200')], told: ['opaque frame-padding'] },
  { what: 'padded data of nothing', bytes: [frame(0, 8, 1)], told: ['opaque frame-padding'] },
  { what: 'padding longer than a block', bytes: [frame(1, 12, 1, '0282')], told: ['opaque frame-padding'] },
  { what: 'half of a priority', bytes: [frame(1, 36, 1, '000000')], told: ['opaque frame-padding'] },
]

for (const { what, bytes, told, options } of CASES)
  test(`told the same at once and byte by byte: ${what}`, () => {
    const all = Buffer.concat(bytes)
    const whole = reading(options)
    whole.reader.push(all, 0)
    assert.deepEqual(whole.lines, told)
    const single = reading(options)
    for (const byte of all) single.reader.push(Uint8Array.of(byte), 0)
    assert.deepEqual(single.lines, told)
    assert.equal(single.reader.offset, all.length)
    assert.equal(whole.reader.offset, all.length)
  })

test('a block has the times of its first and its last byte', () => {
  const { reader, lines } = reading()
  const bytes = Buffer.concat([frame(1, 0, 1, '8283'), frame(9, 4, 1, '84')])
  reader.push(bytes.subarray(0, 1), 10)
  reader.push(bytes.subarray(1, bytes.length - 1), 20)
  reader.push(bytes.subarray(bytes.length - 1), 30)
  assert.deepEqual(lines, ['block 1 0 false 10-30 828384'])
})

test('bytes that are missing within a frame end with it; elsewhere nothing is certain', () => {
  const gap = (type: number, flags: number, payload: string, before: number, missing: number | undefined) => {
    const { reader, lines } = reading()
    const bytes = frame(type, flags, type === 4 || type === 7 ? 0 : 1, payload)
    reader.push(bytes.subarray(0, before), 0)
    reader.miss(missing, 0)
    if (missing !== undefined) reader.push(bytes.subarray(before + missing), 0)
    reader.push(frame(3, 0, 9, '00000000'), 0)
    return lines
  }
  const next = 'reset 9 0'
  assert.deepEqual(gap(0, 1, '00'.repeat(100), 20, 50), ['data 1 100 true', next])
  assert.deepEqual(gap(0, 1, '00'.repeat(100), 9, 100), ['data 1 100 true', next])
  assert.deepEqual(gap(1, 5, '82'.repeat(10), 12, 3), ['lost 1 0 true gap', next])
  assert.deepEqual(gap(5, 4, '0000000282', 10, 3), ['lost 1 -1 false gap', next])
  assert.deepEqual(gap(4, 0, '000100000064', 12, 7 - 4), ['settings undefined', next])
  assert.deepEqual(gap(3, 0, '00000001', 9, 4), ['reset 1 undefined', next])
  assert.deepEqual(gap(7, 0, '0000000000000000', 9, 8), [next])
  assert.deepEqual(gap(0, 1, '00'.repeat(100), 8, 5), ['opaque gap'])
  assert.deepEqual(gap(0, 1, '00'.repeat(100), 20, 90), ['opaque gap'])
  assert.deepEqual(gap(0, 1, '00'.repeat(100), 20, undefined), ['opaque gap'])
  assert.deepEqual(gap(0, 1, '00'.repeat(100), 109, 1), ['data 1 100 true', 'opaque gap'])
})

test('bytes that are not looked at any more are counted', () => {
  const { reader } = reading()
  reader.push(Buffer.concat([frame(0, 0, 0), new Uint8Array(1000)]), 0)
  reader.push(new Uint8Array(500), 0)
  reader.miss(10, 0)
  assert.deepEqual([reader.opaqueByteCount, reader.missingByteCount, reader.offset], [1500, 10, 1519])
})
