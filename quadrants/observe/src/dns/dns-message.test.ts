// What real resolvers make of a message is what we have to make of it: c-ares, through Node, gets the same bytes.
import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatAddress } from '@quadrant/core'
import { readDnsMessage } from './dns-message.ts'
import {
  encodeAnswer,
  type EncodedAnswer,
  type EncodedRecord,
  readQuestion,
  TYPE,
} from './testing/dns-encoder.ts'

const A = Uint8Array.of(192, 0, 2, 1)
const a = (owner: string, ttlS = 60, data: Uint8Array = A): EncodedRecord => ({
  owner,
  type: TYPE.a,
  ttlS,
  data,
})
const cname = (owner: string, data: string, ttlS = 60): EncodedRecord => ({
  owner,
  type: TYPE.cname,
  ttlS,
  data,
})

function told(bytes: Uint8Array) {
  const answer = readDnsMessage(bytes)
  if (typeof answer === 'string') return answer
  const { name, aliases, addresses, ttlS } = answer
  return [name, ...aliases, ...addresses.map(formatAddress), ttlS].join(' ')
}

// Of RFC 1035, 4.1.4 the compression; else as `tcpdump -x` shows what public resolvers send.
const HEAD = '000181800001000100000000'
const QUESTION = '07657861 6d706c65 03636f6d 00 0001 0001'.replaceAll(' ', '')
const RECORD = 'c00c 0001 0001 00000e10 0004 5db8d822'.replaceAll(' ', '')

const VECTORS: readonly (readonly [what: string, hex: string, result: string])[] = [
  ['an address', HEAD + QUESTION + RECORD, 'example.com 93.184.216.34 3600'],
  [
    'EDNS behind it',
    '000181800001000100000001' + QUESTION + RECORD + '00002904d0000000000000',
    'example.com 93.184.216.34 3600',
  ],
  [
    'capitals, as some resolvers ask',
    HEAD + '07457841 4d506c45 03434f4d 00 0001 0001'.replaceAll(' ', '') + RECORD,
    'example.com 93.184.216.34 3600',
  ],
  ['a question', '000101000001000000000000' + QUESTION, 'no-response'],
  ['an update', '0001a8000001000100000000' + QUESTION + RECORD, 'no-response'],
  ['no such name', '000181830001000000000000' + QUESTION, 'refused'],
  ['cut', '000183800001000100000000' + QUESTION + RECORD, 'truncated'],
  ['nothing', '000181800001000000000000' + QUESTION, 'no-address'],
  ['two questions', '000181800002000100000000' + QUESTION + QUESTION + RECORD, 'question'],
  ['of another class', HEAD + QUESTION.slice(0, -4) + '0003' + RECORD, 'question'],
  ['a header only', HEAD, 'short'],
  ['less than a header', '0001', 'short'],
  ['more records than bytes', '000181800001000200000000' + QUESTION + RECORD, 'short'],
  ['more records than are read', '00018180000101ff00000000' + QUESTION + RECORD, 'large'],
  ['an address of 5 bytes', HEAD + QUESTION + 'c00c000100010000000000055db8d82201', 'record'],
  ['a pointer to itself', HEAD + 'c00c00010001', 'pointer'],
  ['a pointer forward', HEAD + 'c020' + '0'.repeat(64), 'pointer'],
  ['pointers in a circle', HEAD + '0161c00c00010001', 'pointer'],
  ['a pointer cut off', HEAD + 'c0', 'short'],
  ['an extended label', HEAD + '41' + '00'.repeat(30), 'label'],
  [
    'control characters, a dot and a backslash in a label',
    HEAD +
      '04071b5c2e 00 0001 0001'.replaceAll(' ', '') +
      'c00c 0001 0001 00000001 0004 01020304'.replaceAll(' ', ''),
    '\\007\\027\\092\\046 1.2.3.4 1',
  ],
  [
    'bytes that are no ASCII',
    HEAD +
      '02c3a4 00 0001 0001'.replaceAll(' ', '') +
      'c00c 0001 0001 00000001 0004 01020304'.replaceAll(' ', ''),
    '\\195\\164 1.2.3.4 1',
  ],
  [
    'longer in words than is kept',
    HEAD + ('3f' + '01'.repeat(63) + '3f' + '01'.repeat(63) + '00 0001 0001').replaceAll(' ', ''),
    'long-name',
  ],
  ['longer in bytes than may be', HEAD + ('3f' + '61'.repeat(63)).repeat(4) + '0000010001', 'long-name'],
  ['a TTL below zero', HEAD + QUESTION + 'c00c0001000180000000000401020304', 'example.com 1.2.3.4 0'],
]

for (const [what, hex, result] of VECTORS)
  test(`a message with ${what}`, () => assert.equal(told(Buffer.from(hex, 'hex')), result))

const ANSWERS: readonly (readonly [what: string, records: readonly EncodedRecord[], result: string])[] = [
  [
    'a chain',
    [cname('www.test', 'cdn.test', 30), cname('cdn.test', 'pop.cdn.test', 300), a('pop.cdn.test')],
    'www.test cdn.test pop.cdn.test 192.0.2.1 30',
  ],
  [
    'a chain out of order',
    [a('pop.test', 5), cname('cdn.test', 'pop.test'), cname('www.test', 'cdn.test')],
    'www.test cdn.test pop.test 192.0.2.1 5',
  ],
  [
    'addresses of others',
    [a('www.test'), a('bank.test', 60, Uint8Array.of(6, 6, 6, 6))],
    'www.test 192.0.2.1 60',
  ],
  ['nothing but of others', [a('bank.test')], 'no-address'],
  ['an alias of itself', [cname('www.test', 'www.test'), a('www.test')], 'chain'],
  [
    'aliases in a circle',
    [cname('www.test', 'b.test'), cname('b.test', 'c.test'), cname('c.test', 'b.test')],
    'chain',
  ],
  [
    '17 aliases',
    [
      ...Array.from({ length: 17 }, (_, i) => cname(i === 0 ? 'www.test' : `a${i}.test`, `a${i + 1}.test`)),
      a('a17.test'),
    ],
    'chain',
  ],
  [
    'a text beside it',
    [{ owner: 'www.test', type: TYPE.txt, ttlS: 1, data: Buffer.from('\x03abc') }, a('www.test')],
    'www.test 192.0.2.1 60',
  ],
  [
    'punycode',
    [cname('www.test', 'xn--mnchen-3ya.test'), a('xn--mnchen-3ya.test')],
    'www.test xn--mnchen-3ya.test 192.0.2.1 60',
  ],
]

for (const [what, records, result] of ANSWERS)
  test(`an answer with ${what}`, () =>
    assert.equal(told(encodeAnswer({ name: 'www.test', type: TYPE.a, records })), result))

const label = fc.stringMatching(/^[a-z0-9_-]{1,12}$/)
const name = fc.array(label, { minLength: 2, maxLength: 4 }).map((labels) => labels.join('.'))

/** An answer as a server may send it: a chain of any length, records of others between, in any order. */
const answers: fc.Arbitrary<EncodedAnswer> = fc
  .record({
    names: fc.uniqueArray(name, { minLength: 1, maxLength: 6 }),
    isV6: fc.boolean(),
    addresses: fc.uniqueArray(fc.uint8Array({ minLength: 16, maxLength: 16 }), {
      minLength: 1,
      maxLength: 6,
      selector: String,
    }),
    ttlS: fc.integer({ min: 0, max: 100_000 }),
  })
  .map(({ names, isV6, addresses, ttlS }) => {
    const type = isV6 ? TYPE.aaaa : TYPE.a
    const records: EncodedRecord[] = names.slice(1).map((target, i) => cname(names[i]!, target, ttlS))
    for (const bytes of addresses)
      records.push({ owner: names.at(-1)!, type, ttlS, data: isV6 ? bytes : bytes.subarray(0, 4) })
    return { name: names[0]!, type, records }
  })

test('c-ares reads the same addresses out of the same bytes', async () => {
  const samples = fc.sample(answers, { seed: 53, numRuns: 100 })
  const server = createSocket('udp4')
  const byName = new Map(samples.map((sample) => [sample.name, sample]))
  const sent = new Map<string, Buffer>()
  server.on('message', (query, from) => {
    const { id, name: asked, type } = readQuestion(query)
    const bytes = encodeAnswer({ ...byName.get(asked.toLowerCase())!, name: asked, type, id })
    sent.set(asked.toLowerCase(), bytes)
    server.send(bytes, from.port, from.address)
  })
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const resolver = new Resolver({ timeout: 2000, tries: 2 })
    resolver.setServers([`127.0.0.1:${server.address().port}`])
    let compared = 0
    for (const { name: asked, type } of byName.values()) {
      const theirs = await (type === TYPE.a ? resolver.resolve4(asked) : resolver.resolve6(asked)).catch(
        () => undefined,
      )
      const ours = readDnsMessage(sent.get(asked)!)
      assert.ok(typeof ours !== 'string', `${asked}: ${JSON.stringify(ours)}`)
      assert.equal(ours.name, asked)
      // What c-ares finds wrong in a name (an underscore it lets pass, a hyphen in front it may not) is its own matter.
      if (!theirs) continue
      compared++
      assert.deepEqual(ours.addresses.map(formatAddress).sort(), theirs.map(plainAddress).sort())
    }
    assert.ok(compared > byName.size * 0.9, `${compared} of ${byName.size}`)
  } finally {
    server.close()
  }
})

/** IPv6 as we write it, by the bytes. */
function plainAddress(text: string): string {
  if (!text.includes(':')) return text
  const [head = '', tail] = text.split('::')
  const groups = (part: string) =>
    part
      .split(':')
      .filter(Boolean)
      .flatMap((group) => (group.includes('.') ? dotted(group) : [parseInt(group, 16)]))
  const before = groups(head)
  const after = groups(tail ?? '')
  const all = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after]
  return formatAddress(Uint8Array.from(all.flatMap((group) => [group >> 8, group & 255])))
}

function dotted(text: string): number[] {
  const [a1 = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number)
  return [(a1 << 8) | b, (c << 8) | d]
}

test('whatever bytes come, the answer is bounded and printable, or a reason', () => {
  const changed = fc
    .tuple(answers, fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { maxLength: 8 }), fc.nat(2000))
    .map(([answer, changes, cut]) => {
      const bytes = encodeAnswer(answer)
      for (const [at, value] of changes) bytes[at % bytes.length] = value
      return bytes.subarray(0, bytes.length - (cut % 3 === 0 ? cut % bytes.length : 0))
    })
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 1300 }), changed), (bytes) => {
      const answer = readDnsMessage(bytes)
      if (typeof answer === 'string') return
      assert.ok(answer.addresses.length > 0 && answer.addresses.length <= 256 && answer.aliases.length <= 16)
      for (const { length } of answer.addresses) assert.ok(length === 4 || length === 16)
      assert.ok(answer.ttlS >= 0 && answer.ttlS < 2 ** 31)
      for (const text of [answer.name, ...answer.aliases]) assert.match(text, /^[!-~]{1,255}$/)
    }),
    { seed: 1035, numRuns: 5000 },
  )
})
