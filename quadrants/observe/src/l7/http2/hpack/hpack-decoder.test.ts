import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Http2Error } from '../http2-error.ts'
import { HpackDecoder, type HpackOptions } from './hpack-decoder.ts'
import { NameSet } from './name-set.ts'

/** Decodes blocks one after the other; each as lines `name: value`. */
function decode(decoder: HpackDecoder, hex: string): string[] {
  const lines: string[] = []
  const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex')
  decoder.decode(bytes, 0, bytes.length, { field: (name, value) => lines.push(`${name}: ${value}`) })
  return lines
}

interface Example {
  readonly name: string
  /** SETTINGS_HEADER_TABLE_SIZE is this, and the encoder says so, before the first block. */
  readonly tableBytes?: number
  readonly blocks: readonly {
    readonly hex: string
    readonly fields: readonly string[]
    readonly table: number
  }[]
}

const REQUESTS = [
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com'],
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com', 'cache-control: no-cache'],
  [
    ':method: GET',
    ':scheme: https',
    ':path: /index.html',
    ':authority: www.example.com',
    'custom-key: custom-value',
  ],
]
const RESPONSES = [
  [
    ':status: 302',
    'cache-control: private',
    'date: Mon, 21 Oct 2013 20:13:21 GMT',
    'location: https://www.example.com',
  ],
  [
    ':status: 307',
    'cache-control: private',
    'date: Mon, 21 Oct 2013 20:13:21 GMT',
    'location: https://www.example.com',
  ],
  [
    ':status: 200',
    'cache-control: private',
    'date: Mon, 21 Oct 2013 20:13:22 GMT',
    'location: https://www.example.com',
    'content-encoding: gzip',
    'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
  ],
]

/** RFC 7541, appendix C, with the size of the dynamic table that it gives after each block. */
const EXAMPLES: readonly Example[] = [
  {
    name: 'C.2.1 literal with indexing',
    blocks: [
      {
        hex: '400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572',
        fields: ['custom-key: custom-header'],
        table: 55,
      },
    ],
  },
  {
    name: 'C.2.2 literal without indexing',
    blocks: [{ hex: '040c 2f73 616d 706c 652f 7061 7468', fields: [':path: /sample/path'], table: 0 }],
  },
  {
    name: 'C.2.3 literal never indexed',
    blocks: [{ hex: '1008 7061 7373 776f 7264 0673 6563 7265 74', fields: ['password: secret'], table: 0 }],
  },
  { name: 'C.2.4 indexed', blocks: [{ hex: '82', fields: [':method: GET'], table: 0 }] },
  {
    name: 'C.3 requests without Huffman',
    blocks: [
      { hex: '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d', fields: REQUESTS[0]!, table: 57 },
      { hex: '8286 84be 5808 6e6f 2d63 6163 6865', fields: REQUESTS[1]!, table: 110 },
      {
        hex: '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
        fields: REQUESTS[2]!,
        table: 164,
      },
    ],
  },
  {
    name: 'C.4 requests with Huffman',
    blocks: [
      { hex: '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff', fields: REQUESTS[0]!, table: 57 },
      { hex: '8286 84be 5886 a8eb 1064 9cbf', fields: REQUESTS[1]!, table: 110 },
      {
        hex: '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
        fields: REQUESTS[2]!,
        table: 164,
      },
    ],
  },
  {
    name: 'C.5 responses without Huffman, with eviction',
    tableBytes: 256,
    blocks: [
      {
        hex:
          '4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120' +
          '474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
        fields: RESPONSES[0]!,
        table: 222,
      },
      { hex: '4803 3330 37c1 c0bf', fields: RESPONSES[1]!, table: 222 },
      {
        hex:
          '88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738' +
          '666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33' +
          '3630 303b 2076 6572 7369 6f6e 3d31',
        fields: RESPONSES[2]!,
        table: 215,
      },
    ],
  },
  {
    name: 'C.6 responses with Huffman, with eviction',
    tableBytes: 256,
    blocks: [
      {
        hex:
          '4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718' +
          '63c7 8f0b 97c8 e9ae 82ae 43d3',
        fields: RESPONSES[0]!,
        table: 222,
      },
      { hex: '4883 640e ffc1 c0bf', fields: RESPONSES[1]!, table: 222 },
      {
        hex:
          '88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7' +
          'b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07',
        fields: RESPONSES[2]!,
        table: 215,
      },
    ],
  },
]

for (const { name, tableBytes, blocks } of EXAMPLES)
  test(`RFC 7541 ${name}`, () => {
    const all = new HpackDecoder()
    const some = new HpackDecoder({ names: new NameSet([':path', ':status', 'location']) })
    for (const [i, { hex, fields, table }] of blocks.entries()) {
      const sized = i === 0 && tableBytes !== undefined ? `3fe101${hex}` : hex
      assert.deepEqual(decode(all, sized), fields)
      assert.deepEqual(
        decode(some, sized),
        fields.filter((field) => /^(?::path|:status|location): /.test(field)),
      )
      assert.equal(all.known.bytes, table)
      assert.deepEqual(some.known, all.known)
    }
  })

test('other names are asked for in the middle, and the table knows their fields from before', () => {
  const decoder = new HpackDecoder({ names: new NameSet([]) })
  const { blocks } = EXAMPLES.find(({ name }) => name.startsWith('C.4'))!
  assert.deepEqual(decode(decoder, blocks[0]!.hex), [])
  decoder.ask(new NameSet([':authority', 'cache-control']))
  assert.deepEqual(decode(decoder, blocks[1]!.hex), [
    ':authority: www.example.com',
    'cache-control: no-cache',
  ])
  decoder.ask(undefined)
  assert.deepEqual(decode(decoder, blocks[2]!.hex), REQUESTS[2])
})

interface Refusal {
  readonly what: string
  readonly hex: string
  readonly code: string
  readonly offset: number
  readonly options?: HpackOptions
}

const REFUSALS: readonly Refusal[] = [
  { what: 'index 0', hex: '80', code: 'hpack-index', offset: 0 },
  { what: 'an index without entry', hex: '82be', code: 'hpack-index', offset: 1 },
  { what: 'a name without entry', hex: '7e0161', code: 'hpack-index', offset: 0 },
  { what: 'an integer that is cut off', hex: '82ff', code: 'hpack-truncated', offset: 1 },
  { what: 'an integer without end', hex: 'ff80808080808001', code: 'hpack-integer', offset: 0 },
  { what: 'no value', hex: '400161', code: 'hpack-truncated', offset: 3 },
  { what: 'a value that is cut off', hex: '4001610562', code: 'hpack-truncated', offset: 3 },
  { what: 'padding of eight ones', hex: '40016182 1fff', code: 'hpack-huffman', offset: 4 },
  { what: 'padding of zeros', hex: '40016181 18', code: 'hpack-huffman', offset: 4 },
  { what: 'an end of string', hex: '40016184 ffffffff', code: 'hpack-huffman', offset: 4 },
  { what: 'a size that is not allowed', hex: '3fe220', code: 'hpack-size-update', offset: 0 },
  { what: 'a size behind a field', hex: '8220', code: 'hpack-size-update', offset: 1 },
  {
    what: 'more fields than the limit',
    hex: '828282',
    code: 'hpack-list-limit',
    offset: 2,
    options: { listBytesMax: 100 },
  },
]

for (const { what, hex, code, offset, options } of REFUSALS)
  test(`refused: ${what}`, () => {
    assert.throws(
      () => decode(new HpackDecoder(options), hex),
      (error) => error instanceof Http2Error && error.code === code && error.offset === offset,
    )
  })

test('a table must be made as small as was agreed', () => {
  const decoder = new HpackDecoder()
  decode(decoder, '400161 0162')
  decoder.allowTable(100)
  decoder.allowTable(4096)
  assert.throws(() => decode(decoder, '82'), /the table is not made 100 bytes small/)
  // The error has lost the table: what is there now is not known.
  assert.ok(decoder.unknownEntryCountMax > 0)
  const other = new HpackDecoder()
  decode(other, '400161 0162')
  other.allowTable(0)
  assert.deepEqual(decode(other, '20 82'), [':method: GET'])
  assert.deepEqual(other.known, { entries: 0, bytes: 0 })
  assert.throws(() => decode(other, 'be'), { code: 'hpack-index' })
})

test('who joins late knows what was added since, and counts the rest', () => {
  const decoder = new HpackDecoder({ isJoined: true })
  // Literal a: b, with the name of entry 62, which was there before; added under a name that nobody knows.
  assert.deepEqual(decode(decoder, '82 be 7e0162 400161 0162'), [':method: GET', 'a: b'])
  assert.equal(decoder.unknownFieldCount, 2)
  assert.deepEqual(decode(decoder, 'be bf c0'), ['a: b'])
  assert.equal(decoder.unknownFieldCount, 4)
  assert.ok(decoder.unknownEntryCountMax > 0)
  // Made empty, it is known whole.
  assert.deepEqual(decode(decoder, '20 3fe11f 400161 0163 be'), ['a: c', 'a: c'])
  assert.equal(decoder.unknownEntryCountMax, 0)
  assert.throws(() => decode(decoder, 'bf'), { code: 'hpack-index' })
})

test('entries that are added push the unknown ones out', () => {
  const decoder = new HpackDecoder({ isJoined: true })
  decoder.allowTable(200)
  decode(decoder, '400161 0162')
  assert.equal(decoder.unknownEntryCountMax, 5)
  for (let i = 0; i < 4; i++) decode(decoder, '400161 0162')
  assert.equal(decoder.unknownEntryCountMax, 0)
  assert.throws(() => decode(decoder, 'c4'), { code: 'hpack-index' })
})

test('what is too long is counted and not told, and the table stays exact', () => {
  const decoder = new HpackDecoder({ stringBytesMax: 4 })
  assert.deepEqual(decode(decoder, '4002 6161 0562 6262 6262 4005 6262 6262 62 0161'), ['aa: undefined'])
  // The entry with the long name again, with another value.
  assert.deepEqual(decode(decoder, '7e0162 c0'), ['aa: undefined'])
  assert.equal(decoder.longStringCount, 2)
  assert.deepEqual(decoder.known, { entries: 3, bytes: 39 + 38 + 38 })
})

test('a table that is larger than ours: what we do not keep is unknown, not wrong', () => {
  const decoder = new HpackDecoder({ tableBytesMax: 80 })
  decode(decoder, '400161 0162 400161 0163 400161 0164')
  assert.deepEqual(decoder.known, { entries: 2, bytes: 68 })
  assert.deepEqual(decode(decoder, 'be bf'), ['a: d', 'a: c'])
  assert.deepEqual(decode(decoder, 'c0'), [])
  assert.equal(decoder.unknownFieldCount, 1)
  assert.throws(() => decode(decoder, 'c1'), { code: 'hpack-index' })
})
