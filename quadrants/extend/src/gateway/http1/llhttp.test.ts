import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { REFUSED_REQUESTS, REFUSED_RESPONSES, TAKEN_REQUESTS, TAKEN_RESPONSES } from './smuggling.case.ts'
import { type LlhttpOutcome, readByLlhttp } from './testing/llhttp.ts'
import { requestBytes, responseBytes } from './testing/message-arbitrary.ts'
import { type Outcome, type SeenMessage, readRequests, readResponse } from './testing/read-outcome.ts'

type Kind = 'request' | 'response'

/** What llhttp refuses and we take: its code, an example, and why that is so. All else that it refuses we refuse. */
const LLHTTP_IS_STRICTER: readonly (readonly [kind: Kind, code: string, bytes: string, reason: string])[] = [
  [
    'request',
    'HPE_INVALID_METHOD',
    'BREW / HTTP/1.1\r\nHost: a\r\n\r\n',
    'it has a list of methods; RFC 9110 9.1 has no last one, and a proxy passes on what a server may know',
  ],
]

/** What we refuse and llhttp takes, by our code, with the reason that it differs. The corpus has a case of each. */
const WE_ARE_STRICTER: Readonly<Record<Kind, Readonly<Record<string, string>>>> = {
  request: {
    'bad-chunk-extension': 'a name with = and nothing behind it',
    'bad-chunk-size': 'any zeros in front of a size',
    'bad-host': 'it does not look at Host',
    'bad-request-line': 'more than one space; no version at all, as in HTTP/0.9',
    'bad-target': 'any visible character, fragments, users, and any form to any method',
    'bad-transfer-encoding': 'empty elements in front of chunked',
    'bad-version': 'RTSP and ICE',
    'bare-cr': 'it skips any CR and LF in front of a message',
    'bare-lf': 'it skips any CR and LF in front of a message',
    'body-not-allowed': 'CONNECT with a length, that it does not read',
    'chunk-extensions-too-large': 'extensions without end',
    closed: 'keep-alive beside close, which is close (RFC 9112 9.3)',
    'duplicate-host': 'it does not look at Host',
    'empty-lines': 'it skips any CR and LF in front of a message',
    'forbidden-trailer': 'trailers of any name that does not frame',
    'head-too-large': 'the limit is of whoever uses it',
    'host-mismatch': 'it does not look at Host',
    'missing-host': 'it does not look at Host',
    'target-too-long': 'the limit is of whoever uses it',
    'te-in-http10': 'Transfer-Encoding in HTTP/1.0 (RFC 9112 6.1: faulty framing)',
    'too-many-fields': 'the limit is of whoever uses it',
    'trailers-too-large': 'the limit is of whoever uses it',
    'unknown-transfer-coding': 'any coding in front of chunked',
    'unsupported-version': 'HTTP/0.9 and HTTP/2.0 in the grammar of HTTP/1.1',
  },
  response: {
    'bad-chunk-extension': 'a name with = and nothing behind it',
    'bad-chunk-size': 'any zeros in front of a size',
    'bad-interim': '1xx of HTTP/1.0',
    'bad-status-line': 'any status of three digits, any byte in the reason, empty lines in front',
    'bad-transfer-encoding': 'content of codings nobody knows until the connection ends',
    'bare-lf': 'it skips any CR and LF in front of a message',
    'chunk-extensions-too-large': 'extensions without end',
    'head-too-large': 'the limit is of whoever uses it',
    'trailers-too-large': 'the limit is of whoever uses it',
    'body-not-allowed': '1xx and 204 with a length, that it does not read',
    'duplicate-transfer-encoding': 'chunked twice',
    'forbidden-trailer': 'trailers of any name that does not frame',
    'te-in-http10': 'Transfer-Encoding in HTTP/1.0 (RFC 9112 6.1: faulty framing)',
    'too-many-fields': 'the limit is of whoever uses it',
    'too-many-interim': 'interim responses without end',
    'unexpected-response': 'it does not know what was asked',
    'unexpected-upgrade': 'it does not know what was asked',
    'unknown-transfer-coding': 'content of codings nobody knows until the connection ends',
    'unsupported-version': 'HTTP/0.9 and HTTP/2.0 in the grammar of HTTP/1.1',
  },
}

/** Whose difference is not that something is refused. */
const CLOSED = 'GET / HTTP/1.0\r\nConnection: close, keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n'

/** Of more messages than the other, or undefined. */
interface Difference {
  readonly taker: 'we' | 'llhttp'
  /** Of who does not take them; `closed` where that has ended without one. */
  readonly code: string
}

function checkSame(ours: SeenMessage, theirs: SeenMessage, kind: Kind): void {
  const start = kind === 'request' ? `${ours.start.split(' ')[0]} ${ours.target}` : ours.start
  assert.equal(start, theirs.start)
  // Where it must not be we take it off.
  const isBodiless = kind === 'response' && /^(1|204)/.test(theirs.start)
  const fields = isBodiless
    ? theirs.fields.filter((field) => !field.startsWith('content-length:'))
    : theirs.fields
  assert.deepEqual(
    ours.fields.filter((field) => !field.startsWith('host:')),
    fields,
  )
  if (ours.isWhole && theirs.isWhole)
    assert.deepEqual([ours.body, ours.trailers], [theirs.body, theirs.trailers])
  if (kind === 'request' && /^[/*]/.test(ours.target)) assert.equal(ours.authority, theirs.authority)
}

function compare(ours: Outcome, theirs: LlhttpOutcome, kind: Kind): Difference | undefined {
  for (const [i, message] of ours.messages.entries()) {
    const other = theirs.messages[i]
    if (other !== undefined) checkSame(message, other, kind)
  }
  const ourCount = ours.messages.filter(({ isWhole }) => isWhole).length
  const theirCount = theirs.messages.filter(({ isWhole }) => isWhole).length
  // It leaves off where a client offers another protocol, we where the server has taken it.
  if (ourCount > theirCount && !theirs.isUpgrade) return { taker: 'we', code: theirs.refused ?? 'closed' }
  if (theirCount > ourCount) return { taker: 'llhttp', code: ours.refused?.split(' ')[0] ?? 'closed' }
  return undefined
}

function differenceIn(kind: Kind, text: string, cuts: readonly number[] = []): Difference | undefined {
  const bytes = Buffer.from(text, 'latin1')
  const ours = kind === 'request' ? readRequests(bytes, cuts) : readResponse(bytes, cuts)
  return compare(ours, readByLlhttp(bytes, kind), kind)
}

function checkListed(kind: Kind, text: string, cuts: readonly number[]): Difference | undefined {
  const difference = differenceIn(kind, text, cuts)
  if (difference === undefined) return undefined
  const { taker, code } = difference
  const isListed =
    taker === 'we'
      ? LLHTTP_IS_STRICTER.some((row) => row[0] === kind && row[1] === code)
      : code in WE_ARE_STRICTER[kind]
  assert.ok(isListed, `${taker} take what the other refuses: ${code}`)
  return difference
}

const CASES = {
  request: [...REFUSED_REQUESTS, ...TAKEN_REQUESTS].map(([, text]) => text).concat(CLOSED),
  response: [...REFUSED_RESPONSES, ...TAKEN_RESPONSES].map(([, text]) => text),
}

test('what llhttp refuses of the corpus we refuse, and differences are those that are listed', () => {
  for (const kind of ['request', 'response'] as const) {
    const shown = new Set<string>()
    for (const text of CASES[kind]) {
      const difference = checkListed(kind, text, [])
      if (difference?.taker === 'llhttp') shown.add(difference.code)
    }
    assert.deepEqual([...shown].sort(), Object.keys(WE_ARE_STRICTER[kind]).sort())
  }
  for (const [kind, code, text] of LLHTTP_IS_STRICTER)
    assert.deepEqual(differenceIn(kind, text), { taker: 'we', code })
})

for (const kind of ['request', 'response'] as const)
  test(`${kind}s that are right, nearly right and wrong: both take the same, but for what is listed`, () => {
    const bytes = kind === 'request' ? requestBytes(CASES.request) : responseBytes(CASES.response)
    let takenCount = 0
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(400), { maxLength: 4 }), (text, places) => {
        const cuts = [...new Set(places)].filter((at) => at < text.length).sort((a, b) => a - b)
        checkListed(kind, text, cuts)
        const read = kind === 'request' ? readRequests : readResponse
        const whole = read(Buffer.from(text, 'latin1'))
        assert.deepEqual(read(Buffer.from(text, 'latin1'), cuts), whole)
        if (whole.messages.length > 0) takenCount++
      }),
      { seed: 9112, numRuns: 20_000 },
    )
    assert.ok(takenCount > 3000, `${takenCount} had a message`)
  })
