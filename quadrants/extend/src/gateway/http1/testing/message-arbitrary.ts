import fc from 'fast-check'

/** One of these, and of all but one in twelve the first: a message has a dozen of them. */
function mostly(usual: string, ...others: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 12 * others.length, arbitrary: fc.constant(usual) },
    ...others.map((other) => ({ weight: 1, arbitrary: fc.constant(other) })),
  )
}

function joined(...parts: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> {
  return fc.tuple(...parts).map((texts) => texts.join(''))
}

const lineEnd = mostly('\r\n', '\n', '\r', '\r\r\n', '\r\n ', '\r\n\t')
const space = mostly(' ', '  ', '\t', '')
const version = fc.oneof(
  { weight: 8, arbitrary: mostly('HTTP/1.1', 'HTTP/1.0') },
  fc.constantFrom('HTTP/1.2', 'HTTP/0.9', 'HTTP/2.0', 'http/1.1', 'HTTP/1.10', 'HTTP/1', ''),
)
const method = mostly(
  'GET',
  'POST',
  'PUT',
  'HEAD',
  'DELETE',
  'OPTIONS',
  'CONNECT',
  'PRI',
  'BREW',
  'get',
  'G(T',
)
const target = mostly(
  '/',
  '/a?b=c',
  '//',
  '*',
  'a:80',
  'http://a/b',
  'http://a',
  'http://b/',
  '/#',
  '/\xe9',
  '/"',
  '?',
  '/\\',
)

const name = fc.constantFrom(
  'X',
  'x-long-name-of-a-field',
  'Accept',
  'Cookie',
  "!#$%&'*+-.^_`|~9",
  'X Y',
  'X\0',
  '',
  '\xe9',
  '(',
  'Expect',
)
const value = mostly('b', '', 'a, b', '"q\\"', '\xe9', 'a\tb', 'a\0', '\x7f', '\x1f', ' b ', 'chunked', '5')
const colon = mostly(': ', ':', ' : ', ':\t', '\t:', '::')
const framing = fc.oneof(
  joined(
    mostly('Content-Length', 'content-length', 'CONTENT-LENGTH'),
    colon,
    mostly('5', '0', '05', '+5', '5, 5', '-1', '5 ', '0x5', '99999999999999999999', ''),
  ),
  joined(
    mostly('Transfer-Encoding', 'transfer-encoding'),
    colon,
    mostly(
      'chunked',
      'Chunked',
      'gzip, chunked',
      'chunked, gzip',
      'identity',
      'xchunked',
      '"chunked"',
      'chunked;q=1',
      ',chunked',
      '',
    ),
  ),
  joined(
    mostly('Connection', 'connection'),
    colon,
    mostly('keep-alive', 'close', 'upgrade', 'close, keep-alive'),
  ),
  joined(fc.constant('Upgrade'), colon, fc.constantFrom('h2c', 'websocket')),
)
const host = mostly(
  'Host: a',
  'host:a',
  'Host: a\r\nHost: a',
  'Host: b',
  'Host: a@b',
  'Host : a',
  'X: a',
  'Host: ',
)
const field = joined(
  fc.oneof({ weight: 2, arbitrary: joined(name, colon, value) }, { weight: 2, arbitrary: framing }),
  lineEnd,
)
const chunk = fc.oneof(
  { weight: 4, arbitrary: fc.constant('5\r\nhello\r\n') },
  joined(
    mostly('5', '05', '0000000000005', '5 ', ' 5', '5g', '0x5', 'fffffffffffffffff'),
    mostly('', ';a', ';a=b', ';a="b"', ';a="b\\""', ';a = b', ';', ';a=', ';\xe9', ';a="\t\xe9"'),
    lineEnd,
    fc.constant('hello'),
    lineEnd,
  ),
)
const body = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('', 'hello') },
  {
    weight: 3,
    arbitrary: joined(
      fc.array(chunk, { maxLength: 3 }).map((chunks) => chunks.join('')),
      mostly('0\r\n', '00\r\n', '0;a\r\n', '0\n', '0 \r\n'),
      mostly('', 'X: y\r\n', 'Host: b\r\n', 'X : y\r\n', 'X: y\n'),
      lineEnd,
    ),
  },
)
const fields = fc.array(field, { maxLength: 4 }).map((all) => all.join(''))
const reason = mostly(' OK', '', ' ', ' a b', ' \xe9', ' a\0', '  ')
const status = mostly('200', '204', '304', '100', '101', '103', '500', '99', '2000', '600', '20x')

const request = joined(method, space, target, space, version, lineEnd, host, lineEnd, fields, lineEnd, body)
const response = joined(version, space, status, reason, lineEnd, fields, lineEnd, body)

/** A byte or some changed, as whoever looks for a gap changes them. */
const change = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom('insert', 'replace', 'cut', 'double'),
  text: fc.constantFrom(
    '\r',
    '\n',
    '\r\n',
    '\0',
    ' ',
    '\t',
    ':',
    ';',
    ',',
    '0',
    '9',
    'a',
    '"',
    '\x7f',
    '\x80',
    '\xff',
    '\x0b',
    '/',
    '?',
    '\r\n\r\n',
  ),
  length: fc.integer({ min: 1, max: 12 }),
})

function changed(
  text: string,
  changes: readonly { at: number; kind: string; text: string; length: number }[],
): string {
  let changing = text
  for (const { at, kind, text: other, length } of changes) {
    const from = at % (changing.length + 1)
    const some = changing.slice(from, from + length)
    if (kind === 'insert') changing = changing.slice(0, from) + other + changing.slice(from)
    else if (kind === 'replace') changing = changing.slice(0, from) + other + changing.slice(from + 1)
    else if (kind === 'cut') changing = changing.slice(0, from) + changing.slice(from + length)
    else changing = changing.slice(0, from) + some + changing.slice(from)
  }
  return changing
}

/** Bytes of a connection as Latin-1: messages as they are, nearly are or should not be, and some of `cases`. */
function connection(message: fc.Arbitrary<string>, cases: readonly string[]): fc.Arbitrary<string> {
  const texts = fc.oneof(
    { weight: 3, arbitrary: fc.array(message, { minLength: 1, maxLength: 3 }).map((all) => all.join('')) },
    { weight: 1, arbitrary: fc.constantFrom(...cases) },
  )
  return fc.tuple(texts, fc.array(change, { maxLength: 2 })).map(([text, changes]) => changed(text, changes))
}

export function requestBytes(cases: readonly string[]): fc.Arbitrary<string> {
  return connection(request, cases)
}

export function responseBytes(cases: readonly string[]): fc.Arbitrary<string> {
  return connection(response, cases)
}
