import type { Http1ErrorCode } from './http1-error.ts'

/** Name, bytes as Latin-1, and why they are refused; or what is taken for messages: starts and bodies. */
export type RefusedCase = readonly [name: string, bytes: string, code: Http1ErrorCode]
export type TakenCase = readonly [name: string, bytes: string, messages: readonly string[]]

/** A request with these lines behind the start line and Host. */
function post(lines: string, body = ''): string {
  return `POST / HTTP/1.1\r\nHost: a\r\n${lines}\r\n\r\n${body}`
}

function get(lines: string): string {
  return `GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n\r\n`
}

function line(start: string): string {
  return `${start}\r\nHost: a\r\n\r\n`
}

function host(field: string): string {
  return `GET / HTTP/1.1\r\n${field}\r\n\r\n`
}

function chunks(body: string): string {
  return post('Transfer-Encoding: chunked', body)
}

const END = '0\r\n\r\n'
const SMUGGLED = 'GET /admin HTTP/1.1\r\nHost: a\r\n\r\n'
const many = (count: number, text: string) => text.repeat(count)

/** Content behind a head that says `chunked`, of a request and of a response. */
const CHUNKED: readonly RefusedCase[] = [
  // Chunks.
  ['chunk: no size', '\r\nhello\r\n0\r\n\r\n', 'bad-chunk-size'],
  ['chunk: 0x5', '0x5\r\nhello\r\n0\r\n\r\n', 'bad-chunk-size'],
  ['chunk: +5', '+5\r\nhello\r\n0\r\n\r\n', 'bad-chunk-size'],
  ['chunk: -1', '-1\r\nhello\r\n0\r\n\r\n', 'bad-chunk-size'],
  ['chunk: 5g', '5g\r\nhello\r\n0\r\n\r\n', 'bad-chunk-size'],
  ['chunk: space in front', ' 5\r\nhello\r\n0\r\n\r\n', 'bad-chunk-size'],
  ['chunk: space behind', '5 \r\nhello\r\n0\r\n\r\n', 'bad-chunk-size'],
  ['chunk: NUL in the size', '5\0\r\nhello\r\n0\r\n\r\n', 'bad-chunk-size'],
  ['chunk: underscore', '1_0\r\nhello\r\n0\r\n\r\n', 'bad-chunk-size'],
  ['chunk: 2 to the 64 and 5', '10000000000000005\r\nhello\r\n0\r\n\r\n', 'bad-chunk-size'],
  ['chunk: 2 to the 32 and 5', '100000005\r\nhello\r\n0\r\n\r\n', 'bad-chunk-size'],
  ['chunk: zeros in front', '000000005\r\nhello\r\n0\r\n\r\n', 'bad-chunk-size'],
  ['chunk: 1000 zeros for the last', `${many(1000, '0')}\r\n\r\n`, 'bad-chunk-size'],
  ['chunk: bare LF behind the size', '5\nhello\r\n0\r\n\r\n', 'bare-lf'],
  ['chunk: bare CR behind the size', '5\rhello\r\n0\r\n\r\n', 'bare-cr'],
  ['chunk: bare CR in the size', '1\r0\r\nhello\r\n0\r\n\r\n', 'bare-cr'],
  ['chunk: bare LF behind the data', '5\r\nhello\n0\r\n\r\n', 'bad-chunk-end'],
  ['chunk: bare CR behind the data', '5\r\nhello\r0\r\n\r\n', 'bad-chunk-end'],
  ['chunk: nothing behind the data', '5\r\nhello0\r\n\r\n', 'bad-chunk-end'],
  ['chunk: more data', '5\r\nhello!\r\n0\r\n\r\n', 'bad-chunk-end'],
  ['chunk: extension with LF', '5;a\nhello\r\n0\r\n\r\n', 'bare-lf'],
  ['chunk: extension with CR', '5;a\rb\r\nhello\r\n0\r\n\r\n', 'bare-cr'],
  ['chunk: extension with LF in quotes', '5;a="\n"\r\nhello\r\n0\r\n\r\n', 'bare-lf'],
  ['chunk: extension with NUL', '5;a=\0\r\nhello\r\n0\r\n\r\n', 'bad-chunk-extension'],
  ['chunk: extension without a name', '5;\r\nhello\r\n0\r\n\r\n', 'bad-chunk-extension'],
  ['chunk: extension without a value', '5;a=;b\r\nhello\r\n0\r\n\r\n', 'bad-chunk-extension'],
  ['chunk: extension with spaces', '5 ; a\r\nhello\r\n0\r\n\r\n', 'bad-chunk-size'],
  ['chunk: extension with an open quote', '5;a="b\r\nhello\r\n0\r\n\r\n', 'bad-chunk-extension'],
  [
    'chunk: extension of 5000 bytes',
    `5;${many(5000, 'a')}\r\nhello\r\n0\r\n\r\n`,
    'chunk-extensions-too-large',
  ],
  [
    'chunk: 5000 bytes of extensions',
    `${many(500, '1;aaaaaaaaa\r\nx\r\n')}0\r\n\r\n`,
    'chunk-extensions-too-large',
  ],
  ['chunk: bare LF ends the last', '0\n\r\n', 'bare-lf'],
  ['chunk: bare LF ends the trailers', '0\r\n\n', 'bare-lf'],

  // Trailers.
  ['trailer: Content-Length', '0\r\nContent-Length: 5\r\n\r\n', 'forbidden-trailer'],
  ['trailer: Transfer-Encoding', '0\r\nTransfer-Encoding: chunked\r\n\r\n', 'forbidden-trailer'],
  ['trailer: Host', '0\r\nHost: b\r\n\r\n', 'forbidden-trailer'],
  ['trailer: Authorization', '0\r\nAuthorization: Bearer a\r\n\r\n', 'forbidden-trailer'],
  ['trailer: Cookie', '0\r\nCookie: a=b\r\n\r\n', 'forbidden-trailer'],
  ['trailer: Connection', '0\r\nConnection: close\r\n\r\n', 'forbidden-trailer'],
  ['trailer: X-Forwarded-For', '0\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n', 'forbidden-trailer'],
  ['trailer: Content-Type', '0\r\nX: y\r\nContent-Type: a/b\r\n\r\n', 'forbidden-trailer'],
  ['trailer: folded', '0\r\nX: y\r\n z\r\n\r\n', 'obs-fold'],
  ['trailer: bare LF', '0\r\nX: y\n\r\n', 'bare-lf'],
  ['trailer: space before the colon', '0\r\nX : y\r\n\r\n', 'space-before-colon'],
  ['trailer: NUL', '0\r\nX: \0\r\n\r\n', 'bad-field-value'],
  ['trailers of 9000 bytes', `0\r\nX: ${many(9000, 'y')}\r\n\r\n`, 'trailers-too-large'],
  ['101 trailers', `0\r\n${many(101, 'X: y\r\n')}\r\n`, 'too-many-fields'],
]

export const REFUSED_REQUESTS: readonly RefusedCase[] = [
  // Both framings: one of them is believed behind us.
  ['CL.TE', post('Content-Length: 6\r\nTransfer-Encoding: chunked', `${END}G`), 'te-and-cl'],
  ['TE.CL', post('Transfer-Encoding: chunked\r\nContent-Length: 4', `5c\r\n${SMUGGLED}`), 'te-and-cl'],
  ['CL 0 and TE', post('Content-Length: 0\r\nTransfer-Encoding: chunked', END), 'te-and-cl'],
  [
    'CL.TE with fields between',
    post('Content-Length: 5\r\nX: y\r\nTransfer-Encoding: chunked', END),
    'te-and-cl',
  ],
  ['CL.TE in small letters', post('content-length: 5\r\ntransfer-encoding: CHUNKED', END), 'te-and-cl'],
  ['CL.TE on GET', get('Content-Length: 5\r\nTransfer-Encoding: chunked') + END, 'te-and-cl'],
  [
    'CL.TE on HTTP/1.0',
    'POST / HTTP/1.0\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
    'te-and-cl',
  ],

  // Transfer-Encoding that some take for chunked and others do not.
  ['TE in HTTP/1.0', 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 'te-in-http10'],
  ['TE: space before the colon', post('Transfer-Encoding : chunked', END), 'space-before-colon'],
  ['TE: tab before the colon', post('Transfer-Encoding\t: chunked', END), 'space-before-colon'],
  ['TE: space in front of the name', post(' Transfer-Encoding: chunked', END), 'obs-fold'],
  ['TE: tab in front of the name', post('\tTransfer-Encoding: chunked', END), 'obs-fold'],
  ['TE: vertical tab in front of the value', post('Transfer-Encoding: \x0bchunked', END), 'bad-field-value'],
  ['TE: form feed in front of the value', post('Transfer-Encoding: \x0cchunked', END), 'bad-field-value'],
  ['TE: NUL behind the value', post('Transfer-Encoding: chunked\0', END), 'bad-field-value'],
  ['TE: chunked, identity', post('Transfer-Encoding: chunked, identity', END), 'unknown-transfer-coding'],
  ['TE: identity, chunked', post('Transfer-Encoding: identity, chunked', END), 'unknown-transfer-coding'],
  ['TE: identity', post('Transfer-Encoding: identity', END), 'unknown-transfer-coding'],
  [
    'TE: identity with CL',
    post('Transfer-Encoding: identity\r\nContent-Length: 5', END),
    'unknown-transfer-coding',
  ],
  ['TE: gzip, chunked', post('Transfer-Encoding: gzip, chunked', END), 'unknown-transfer-coding'],
  ['TE: xchunked', post('Transfer-Encoding: xchunked', END), 'unknown-transfer-coding'],
  ['TE: chunkedx', post('Transfer-Encoding: chunkedx', END), 'unknown-transfer-coding'],
  ['TE: cow', post('Transfer-Encoding: cow', END), 'unknown-transfer-coding'],
  ['TE: chunked, chunked', post('Transfer-Encoding: chunked, chunked', END), 'bad-transfer-encoding'],
  ['TE: chunked and a comma', post('Transfer-Encoding: chunked,', END), 'bad-transfer-encoding'],
  ['TE: a comma and chunked', post('Transfer-Encoding: ,chunked', END), 'bad-transfer-encoding'],
  ['TE: quoted', post('Transfer-Encoding: "chunked"', END), 'bad-transfer-encoding'],
  ['TE: single-quoted', post("Transfer-Encoding: 'chunked'", END), 'unknown-transfer-coding'],
  ['TE: parameter', post('Transfer-Encoding: chunked;a=b', END), 'bad-transfer-encoding'],
  ['TE: two words', post('Transfer-Encoding: chunked cow', END), 'bad-transfer-encoding'],
  ['TE: empty', post('Transfer-Encoding:', END), 'bad-transfer-encoding'],
  ['TE: letters above ASCII', post('Transfer-Encoding: chunk\xe9d', END), 'bad-transfer-encoding'],
  ['TE: no-break space', post('Transfer-Encoding:\xa0chunked', END), 'bad-transfer-encoding'],
  ['TE: tab behind the value', post('Transfer-Encoding: chunked \t', END), 'bad-transfer-encoding'],
  ['TE: a colon more', post('Transfer-Encoding:: chunked', END), 'bad-transfer-encoding'],
  [
    'TE twice',
    post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', END),
    'duplicate-transfer-encoding',
  ],
  [
    'TE chunked, then identity',
    post('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity', END),
    'duplicate-transfer-encoding',
  ],
  [
    'TE identity, then chunked',
    post('Transfer-Encoding: identity\r\nTransfer-Encoding: chunked', END),
    'unknown-transfer-coding',
  ],
  ['TE: folded', post('Transfer-Encoding:\r\n chunked', END), 'obs-fold'],
  ['TE: folded with a tab', post('Transfer-Encoding:\r\n\tchunked', END), 'obs-fold'],
  ['TE: in the fold of another', post('X: y\r\n Transfer-Encoding: chunked', END), 'obs-fold'],
  ['TE behind a bare LF', post('X: y\nTransfer-Encoding: chunked', END), 'bare-lf'],
  ['TE behind a bare CR', post('X: y\rTransfer-Encoding: chunked', END), 'bare-cr'],

  // Content-Length that some read otherwise.
  ['CL twice, equal', post('Content-Length: 5\r\nContent-Length: 5', 'hello'), 'duplicate-content-length'],
  [
    'CL twice, different',
    post('Content-Length: 5\r\nContent-Length: 6', 'hello'),
    'duplicate-content-length',
  ],
  ['CL list, equal', post('Content-Length: 5, 5', 'hello'), 'duplicate-content-length'],
  ['CL list, different', post('Content-Length: 5,6', 'hello'), 'duplicate-content-length'],
  ['CL: +5', post('Content-Length: +5', 'hello'), 'bad-content-length'],
  ['CL: -5', post('Content-Length: -5', 'hello'), 'bad-content-length'],
  ['CL: 0x5', post('Content-Length: 0x5', 'hello'), 'bad-content-length'],
  ['CL: 5e0', post('Content-Length: 5e0', 'hello'), 'bad-content-length'],
  ['CL: 5.0', post('Content-Length: 5.0', 'hello'), 'bad-content-length'],
  ['CL: 5 and more', post('Content-Length: 5 6', 'hello'), 'bad-content-length'],
  ['CL: underscore', post('Content-Length: 1_0', 'hello'), 'bad-content-length'],
  ['CL: quoted', post('Content-Length: "5"', 'hello'), 'bad-content-length'],
  ['CL: empty', post('Content-Length:', 'hello'), 'bad-content-length'],
  ['CL: only spaces', post('Content-Length:   ', 'hello'), 'bad-content-length'],
  ['CL: digits above ASCII', post('Content-Length: \xb2', 'hello'), 'bad-content-length'],
  ['CL: 2 to the 64 and 5', post('Content-Length: 18446744073709551621', 'hello'), 'bad-content-length'],
  [
    'CL: 2 to the 32 and 5, with zeros',
    post('Content-Length: 000000004294967301', 'hello'),
    'bad-content-length',
  ],
  ['CL: NUL', post('Content-Length: 5\0', 'hello'), 'bad-field-value'],
  ['CL: space before the colon', post('Content-Length : 5', 'hello'), 'space-before-colon'],
  ['CL: folded', post('Content-Length: 1\r\n 0', 'hello'), 'obs-fold'],
  [
    'CL with CONNECT',
    'CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\nContent-Length: 5\r\n\r\nhello',
    'body-not-allowed',
  ],
  [
    'TE with CONNECT',
    'CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'body-not-allowed',
  ],

  // Ends of lines.
  ['all bare LF', 'GET / HTTP/1.1\nHost: a\n\n', 'bare-lf'],
  ['bare LF behind the start line', 'GET / HTTP/1.1\nHost: a\r\n\r\n', 'bare-lf'],
  ['bare LF in a value', get('X: a\nY: b'), 'bare-lf'],
  ['bare LF in a name', get('X\n: a'), 'bare-lf'],
  ['bare LF ends the head', 'GET / HTTP/1.1\r\nHost: a\r\n\n', 'bare-lf'],
  ['bare LF in front', '\nGET / HTTP/1.1\r\nHost: a\r\n\r\n', 'bare-lf'],
  ['bare LF in the target', 'GET /\n HTTP/1.1\r\nHost: a\r\n\r\n', 'bare-lf'],
  ['bare LF in the method', 'GE\nT / HTTP/1.1\r\nHost: a\r\n\r\n', 'bare-lf'],
  ['bare LF in the version', 'GET / HTTP/1\n.1\r\nHost: a\r\n\r\n', 'bare-lf'],
  ['bare CR in a value', get('X: a\rb'), 'bare-cr'],
  ['two CR at a line', 'GET / HTTP/1.1\r\nHost: a\r\r\n\r\n', 'bare-cr'],
  ['bare CR behind the start line', 'GET / HTTP/1.1\rHost: a\r\n\r\n', 'bare-cr'],
  ['bare CR ends the head', 'GET / HTTP/1.1\r\nHost: a\r\n\rX', 'bare-cr'],
  ['bare CR in a name', get('X\r: a'), 'bad-field-name'],
  ['LF CR', 'GET / HTTP/1.1\n\rHost: a\n\r\n\r', 'bare-lf'],
  ['empty lines in front', '\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n', 'empty-lines'],
  ['CR without LF in front', '\rGET / HTTP/1.1\r\nHost: a\r\n\r\n', 'bare-cr'],

  // Names and values.
  ['a fold', get('X: a\r\n b'), 'obs-fold'],
  ['a line of spaces', get('X: a\r\n  \r\nY: b'), 'obs-fold'],
  ['the first field folded', 'GET / HTTP/1.1\r\n Host: a\r\n\r\n', 'obs-fold'],
  ['no name', get(': a'), 'bad-field-name'],
  ['no colon', get('Nothing'), 'bad-field-name'],
  ['space in the name', get('X Y: a'), 'space-before-colon'],
  ['NUL in the name', get('X\0Y: a'), 'bad-field-name'],
  ['letter above ASCII in the name', get('X\xe9: a'), 'bad-field-name'],
  ['parenthesis in the name', get('X(a): b'), 'bad-field-name'],
  ['slash in the name', get('X/Y: a'), 'bad-field-name'],
  ['quote in the name', get('"X": a'), 'bad-field-name'],
  ['pseudo-header as a field', get(':method: POST'), 'bad-field-name'],
  ['DEL in the name', get('X\x7f: a'), 'bad-field-name'],
  ['NUL in a value', get('X: a\0b'), 'bad-field-value'],
  ['escape in a value', get('X: \x1b[2J'), 'bad-field-value'],
  ['DEL in a value', get('X: a\x7fb'), 'bad-field-value'],
  ['backspace in a value', get('X: a\x08'), 'bad-field-value'],

  // The start line.
  ['HTTP/0.9', 'GET /\r\n\r\n', 'bad-request-line'],
  ['HTTP/0.9 as a version', line('GET / HTTP/0.9'), 'unsupported-version'],
  ['HTTP/1.2', line('GET / HTTP/1.2'), 'unsupported-version'],
  ['HTTP/1.9', line('GET / HTTP/1.9'), 'unsupported-version'],
  ['HTTP/2.0', line('GET / HTTP/2.0'), 'unsupported-version'],
  ['preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'unsupported-version'],
  ['HTTP/1.10', line('GET / HTTP/1.10'), 'bad-request-line'],
  ['HTTP/01.1', line('GET / HTTP/01.1'), 'unsupported-version'],
  ['HTTP/1,1', line('GET / HTTP/1,1'), 'bad-version'],
  ['http/1.1', line('GET / http/1.1'), 'bad-version'],
  ['HTTP 1.1', line('GET / HTTP 1.1'), 'bad-request-line'],
  ['RTSP/1.0', line('GET / RTSP/1.0'), 'bad-version'],
  ['no version behind the space', line('GET / '), 'bad-request-line'],
  ['two spaces in front of the target', line('GET  / HTTP/1.1'), 'bad-request-line'],
  ['two spaces behind the target', line('GET /  HTTP/1.1'), 'bad-request-line'],
  ['space at the end', line('GET / HTTP/1.1 '), 'bad-request-line'],
  ['space in front', line(' GET / HTTP/1.1'), 'bad-request-line'],
  ['tab behind the method', line('GET\t/ HTTP/1.1'), 'bad-request-line'],
  ['tab behind the target', line('GET /\tHTTP/1.1'), 'bad-target'],
  ['target with a space', line('GET /a b HTTP/1.1'), 'bad-version'],
  ['two versions', line('GET / HTTP/1.1 HTTP/1.1'), 'bad-request-line'],
  ['method of the preface of HTTP/2', line('PRI / HTTP/1.1'), 'bad-request-line'],
  ['no method', line('/ HTTP/1.1'), 'bad-request-line'],
  ['method with a colon', line('GET: / HTTP/1.1'), 'bad-request-line'],
  ['method with NUL', line('GE\0T / HTTP/1.1'), 'bad-request-line'],
  ['method of 40 letters', line(`${many(40, 'A')} / HTTP/1.1`), 'method-too-long'],
  ['a response', 'HTTP/1.1 200 OK\r\nHost: a\r\n\r\n', 'bad-request-line'],
  ['TLS', '\x16\x03\x01\x02\0\x01\0', 'bad-request-line'],

  // Targets.
  ['NUL in the target', line('GET /\0 HTTP/1.1'), 'bad-target'],
  ['letter above ASCII in the target', line('GET /\xe9 HTTP/1.1'), 'bad-target'],
  ['fragment', line('GET /a#b HTTP/1.1'), 'bad-target'],
  ['quote in the target', line('GET /"a" HTTP/1.1'), 'bad-target'],
  ['angle in the query', line('GET /?<script> HTTP/1.1'), 'bad-target'],
  ['backslash for a slash', line('GET /a\\..\\b HTTP/1.1'), 'bad-target'],
  ['no slash in front', line('GET a HTTP/1.1'), 'bad-target'],
  ['query alone', line('GET ?a HTTP/1.1'), 'bad-target'],
  ['asterisk to GET', line('GET * HTTP/1.1'), 'bad-target'],
  ['asterisk with a path', line('OPTIONS */a HTTP/1.1'), 'bad-target'],
  ['CONNECT to a path', line('CONNECT / HTTP/1.1'), 'bad-target'],
  ['CONNECT without a port', line('CONNECT a HTTP/1.1'), 'bad-target'],
  ['CONNECT with a user', line('CONNECT u@a:80 HTTP/1.1'), 'bad-target'],
  ['CONNECT to another host', 'CONNECT b:80 HTTP/1.1\r\nHost: a\r\n\r\n', 'host-mismatch'],
  ['authority to GET', line('GET a:80 HTTP/1.1'), 'bad-target'],
  ['URI with a user', line('GET http://u@a/ HTTP/1.1'), 'bad-target'],
  ['URI without a host', line('GET http:///x HTTP/1.1'), 'bad-target'],
  ['URI of another host', line('GET http://b/ HTTP/1.1'), 'host-mismatch'],
  ['URI of another port', line('GET http://a:81/ HTTP/1.1'), 'host-mismatch'],
  ['URI of another scheme', line('GET https://a/ HTTP/1.1'), 'host-mismatch'],
  ['URI of files', line('GET file:///etc/passwd HTTP/1.1'), 'bad-target'],
  ['URI with one slash', line('GET http:/a/ HTTP/1.1'), 'bad-target'],
  ['URI with a backslash in its host', line('GET http://a\\b/ HTTP/1.1'), 'bad-target'],
  ['target of 9000 bytes', line(`GET /${many(9000, 'a')} HTTP/1.1`), 'target-too-long'],

  // Host.
  ['no Host', 'GET / HTTP/1.1\r\n\r\n', 'missing-host'],
  ['no Host but one that is misspelt', host('Hosts: a'), 'missing-host'],
  ['two Hosts', host('Host: a\r\nHost: b'), 'duplicate-host'],
  ['two Hosts, equal', host('Host: a\r\nhost: a'), 'duplicate-host'],
  ['two Hosts in HTTP/1.0', 'GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n', 'duplicate-host'],
  ['two Hosts, the first empty', host('Host:\r\nHost: b'), 'duplicate-host'],
  ['Host: list', host('Host: a, b'), 'bad-host'],
  ['Host: empty', host('Host:'), 'bad-host'],
  ['Host: empty in HTTP/1.0', 'GET / HTTP/1.0\r\nHost:\r\n\r\n', 'bad-host'],
  ['Host: user', host('Host: u@a'), 'bad-host'],
  ['Host: user and password', host('Host: u:p@a'), 'bad-host'],
  ['Host: path', host('Host: a/b'), 'bad-host'],
  ['Host: query', host('Host: a?b'), 'bad-host'],
  ['Host: URI', host('Host: http://a'), 'bad-host'],
  ['Host: space', host('Host: a b'), 'bad-host'],
  ['Host: escape', host('Host: a%00b'), 'bad-host'],
  ['Host: no port behind the colon', host('Host: a:'), 'bad-host'],
  ['Host: port with letters', host('Host: a:80x'), 'bad-host'],
  ['Host: port above 65535', host('Host: a:65536'), 'bad-host'],
  ['Host: two ports', host('Host: a:80:81'), 'bad-host'],
  ['Host: bracket that is open', host('Host: [::1'), 'bad-host'],
  ['Host: name in brackets', host('Host: [a]'), 'bad-host'],
  ['Host: zone', host('Host: [fe80::1%eth0]'), 'bad-host'],
  ['Host: behind the brackets', host('Host: [::1]a'), 'bad-host'],
  ['Host: 300 letters', host(`Host: ${many(300, 'a')}`), 'bad-host'],
  ['Host: space before the colon', host('Host : a'), 'space-before-colon'],

  ...CHUNKED.map(([name, body, code]) => [name, chunks(body), code] as const),

  // Floods.
  ['101 fields', get(many(99, 'X: y\r\n') + 'Z: z'), 'too-many-fields'],
  ['a value of 70 kB', get(`X: ${many(70_000, 'y')}`), 'head-too-large'],
  ['a name of 70 kB', get(many(70_000, 'y')), 'head-too-large'],
  ['50 fields of 70 kB', get(many(50, `X: ${many(1400, 'y')}\r\n`) + 'Z: z'), 'head-too-large'],

  // What is missing.
  ['ends within the start line', 'GET / HT', 'premature-end'],
  ['ends within the head', 'GET / HTTP/1.1\r\nHost: a\r\n', 'premature-end'],
  ['ends within a length', post('Content-Length: 6', 'hello'), 'premature-end'],
  ['ends within a chunk', chunks('6\r\nhello'), 'premature-end'],
  ['ends without the last chunk', chunks('5\r\nhello\r\n'), 'premature-end'],
  ['ends within the trailers', chunks('0\r\nX: y\r\n'), 'premature-end'],

  // A second message that is one only for some.
  ['behind a length', `${get('Content-Length: 5')}hello ${SMUGGLED}`, 'bad-request-line'],
  ['behind the last chunk', chunks(`${END}\r\n\r\n${SMUGGLED}`), 'empty-lines'],
]

export const TAKEN_REQUESTS: readonly TakenCase[] = [
  ['without content', get('X: y'), ['GET / []']],
  ['an empty line in front', `\r\n${get('X: y')}`, ['GET / []']],
  [
    'three, one behind the other',
    get('A: b') + post('Content-Length: 5', 'hello') + get('A: b'),
    ['GET / []', 'POST / [hello]', 'GET / []'],
  ],
  [
    'an empty line behind content',
    `${post('Content-Length: 5', 'hello')}\r\n${get('A: b')}`,
    ['POST / [hello]', 'GET / []'],
  ],
  [
    'content that looks like a request',
    post(`Content-Length: ${SMUGGLED.length}`, SMUGGLED),
    [`POST / [${SMUGGLED}]`],
  ],
  ['CL 0', `${post('Content-Length: 0')}${get('A: b')}`, ['POST / []', 'GET / []']],
  ['CL with zeros in front', post('Content-Length: 0005', 'hello'), ['POST / [hello]']],
  ['CL with white space around', post('Content-Length: \t 5 \t', 'hello'), ['POST / [hello]']],
  ['chunks', chunks('5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n'), ['POST / [hello world]']],
  ['chunks with capitals and zeros', chunks('0000000A\r\n0123456789\r\n00\r\n\r\n'), ['POST / [0123456789]']],
  ['chunks with extensions', chunks('5;a;b=c;d="e\\"\t;f"\r\nhello\r\n0;x\r\n\r\n'), ['POST / [hello]']],
  ['TE in capitals', post('TRANSFER-ENCODING:\tChunked ', END), ['POST / []']],
  ['trailers', chunks('0\r\nX-Sum: 1\r\nGrpc-Status: 0\r\n\r\n'), ['POST / [] x-sum: 1, grpc-status: 0']],
  ['HTTP/1.0 without Host', 'GET / HTTP/1.0\r\n\r\n', ['GET / []']],
  ['an absolute URI', line('GET http://A/b?c HTTP/1.1'), ['GET /b?c []']],
  ['an absolute URI without a path', line('GET http://a HTTP/1.1'), ['GET / []']],
  ['an absolute URI with a query alone', line('GET http://a?b HTTP/1.1'), ['GET /?b []']],
  ['asterisk', line('OPTIONS * HTTP/1.1'), ['OPTIONS * []']],
  ['asterisk as an absolute URI', line('OPTIONS http://a HTTP/1.1'), ['OPTIONS * []']],
  ['a method that nobody knows', line('BREW /pot HTTP/1.1'), ['BREW /pot []']],
  ['what browsers leave in a query', line('GET /?a=[1]|{2}^`\\ HTTP/1.1'), ['GET /?a=[1]|{2}^`\\ []']],
  ['two slashes', line('GET //b/ HTTP/1.1'), ['GET //b/ []']],
  ['an address', host('Host: [2001:db8::1]:8080'), ['GET / []']],
  ['100 fields', get(many(98, 'X: y\r\n') + 'Z: z'), ['GET / []']],
  ['Latin-1 in a value', get('X: caf\xe9'), ['GET / []']],
]

export const REFUSED_RESPONSES: readonly RefusedCase[] = [
  [
    'CL and TE',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'te-and-cl',
  ],
  [
    'CL twice',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello',
    'duplicate-content-length',
  ],
  ['CL list', 'HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nhello', 'duplicate-content-length'],
  ['CL: -1', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nhello', 'bad-content-length'],
  ['TE in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 'te-in-http10'],
  ['TE: gzip', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n', 'unknown-transfer-coding'],
  ['TE: quoted', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: "chunked"\r\n\r\n', 'bad-transfer-encoding'],
  [
    'TE: tab behind the value',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\t\r\n\r\n0\r\n\r\n',
    'bad-transfer-encoding',
  ],
  ['a fold', 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n', 'obs-fold'],
  ['bare LF', 'HTTP/1.1 200 OK\nX: a\n\n', 'bare-lf'],
  ['bare CR in a value', 'HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: b\r\n\r\n', 'bare-cr'],
  ['bare LF in the reason', 'HTTP/1.1 200 O\nK\r\n\r\n', 'bare-lf'],
  ['NUL in the reason', 'HTTP/1.1 200 O\0K\r\n\r\n', 'bad-status-line'],
  ['space before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello', 'space-before-colon'],
  ['HTTP/0.9', '<html>', 'bad-status-line'],
  ['HTTP/2.0', 'HTTP/2.0 200 OK\r\n\r\n', 'unsupported-version'],
  ['ICY', 'ICY 200 OK\r\n\r\n', 'bad-status-line'],
  ['bare LF in front', '\nHTTP/1.1 200 OK\r\n\r\n', 'bare-lf'],
  [
    'zeros in front of a chunk',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n000000005\r\nhello\r\n0\r\n\r\n',
    'bad-chunk-size',
  ],
  ['status of two digits', 'HTTP/1.1 20 OK\r\n\r\n', 'bad-status-line'],
  ['status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n', 'bad-status-line'],
  ['status 099', 'HTTP/1.1 099 OK\r\n\r\n', 'bad-status-line'],
  ['status 600', 'HTTP/1.1 600 OK\r\n\r\n', 'bad-status-line'],
  ['two spaces in front of the status', 'HTTP/1.1  200 OK\r\n\r\n', 'bad-status-line'],
  ['an empty line in front', '\r\nHTTP/1.1 200 OK\r\n\r\n', 'bad-status-line'],
  [
    '204 with chunks',
    'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'body-not-allowed',
  ],
  ['204 with a length', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello', 'body-not-allowed'],
  ['100 with a length', 'HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\nhello', 'body-not-allowed'],
  [
    '101 that nobody asked for',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: a\r\n\r\n',
    'unexpected-upgrade',
  ],
  [
    'a second response',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\n\r\n',
    'unexpected-response',
  ],
  ['content longer than said', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi!', 'unexpected-response'],
  ['content of 304', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\nhi', 'unexpected-response'],
  ['interim of HTTP/1.0', 'HTTP/1.0 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\n\r\n', 'bad-interim'],
  [
    'interim that closes',
    'HTTP/1.1 100 Continue\r\nConnection: close\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
    'bad-interim',
  ],
  [
    'TE twice',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'duplicate-transfer-encoding',
  ],
  [
    'trailer: Set-Cookie',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nSet-Cookie: a\r\n\r\n',
    'forbidden-trailer',
  ],
  ['33 interim responses', many(33, 'HTTP/1.1 102 Processing\r\n\r\n'), 'too-many-interim'],
  ['interim and nothing else', 'HTTP/1.1 100 Continue\r\n\r\n', 'premature-end'],
  ['nothing', '', 'premature-end'],
  ['ends within a length', 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello', 'premature-end'],
  ['ends within a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello', 'premature-end'],
  ...CHUNKED.map(
    ([name, body, code]) =>
      [name, `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body}`, code] as const,
  ),
  ['a value of 70 kB', `HTTP/1.1 200 OK\r\nX: ${many(70_000, 'y')}\r\n\r\n`, 'head-too-large'],
  ['101 fields', `HTTP/1.1 200 OK\r\n${many(101, 'X: y\r\n')}\r\n`, 'too-many-fields'],
]

export const TAKEN_RESPONSES: readonly TakenCase[] = [
  ['until the end', 'HTTP/1.1 200 OK\r\n\r\nhello', ['200 [hello]']],
  ['of a length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', ['200 [hello]']],
  [
    'chunks',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n',
    ['200 [hello] x: y'],
  ],
  ['no reason', 'HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n', ['200 []']],
  ['no space in front of no reason', 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n', ['200 []']],
  ['a reason of Latin-1', 'HTTP/1.1 200 D\xe9j\xe0 vu\r\nContent-Length: 0\r\n\r\n', ['200 []']],
  [
    '100 and 103 first',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi',
    ['100 []', '103 []', '200 [hi]'],
  ],
  ['204', 'HTTP/1.1 204 No Content\r\n\r\n', ['204 []']],
  ['204 with CL 0', 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n', ['204 []']],
  ['304 with a length', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n', ['304 []']],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\nhello', ['200 [hello]']],
  ['status 599', 'HTTP/1.1 599 Own\r\nContent-Length: 0\r\n\r\n', ['599 []']],
]
