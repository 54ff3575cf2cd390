import type { GuestName } from './filter-case.ts'
import type { Hunk } from './outcome-differences.ts'

/** Lines that differ, and why. */
export interface CaseDifference {
  readonly cases: RegExp
  /** The lines of each side, with line breaks between; empty where one has none. */
  readonly ours: RegExp
  readonly theirs: RegExp
  /** Of which filters it is seen. Default all. */
  readonly guests?: readonly GuestName[]
  /** Numbers that stand in the same place of both: how much theirs may be more. */
  readonly more?: readonly number[]
  readonly why: string
}

/**
 * What our gateway has filters see or do otherwise than Envoy, and why. Each must be seen, or it has no place here. The
 * first that fits says why.
 */
export const CASE_DIFFERENCES: readonly CaseDifference[] = [
  {
    cases: /./,
    ours: /^#\d response_headers \d+ end=false$/,
    theirs: /^#\d response_headers \d+ end=false$/,
    more: [1],
    why: 'transfer-encoding is of the connection (RFC 9112 6.1), and is not among the fields of a response here; Envoy has it there.',
  },
  {
    cases: /^abi\//,
    ours: /^response_headers 2 1( 0)?$/,
    theirs: /^response_headers 2 2( 0)?$/,
    guests: ['abi-0.1.0', 'abi-0.2.0', 'abi-0.2.1'],
    why: 'The same, as programs without an SDK are told of it.',
  },
  {
    cases: /./,
    ours: /^ {2}(pairs [26] = 0 \[|size 2 = 0 )(?!.*transfer-encoding)/,
    theirs: /^ {2}(pairs [26] = 0 \[.*transfer-encoding=chunked|size 2 = 0 )/,
    why: 'The same: the field, and its bytes.',
  },
  {
    cases: /./,
    ours: /^(#\d|root) http_call_response headers=\d+ /,
    theirs: /^(#\d|root) http_call_response headers=\d+ /,
    more: [0, 1, 2],
    why: 'The same of answers to calls, where Envoy also says how long it took (x-envoy-upstream-service-time), and its words of what went wrong are others.',
  },
  {
    cases: /^pausing\/nothing-with-content-lengths|^buffers\/longer-than-content-length/,
    ours: /^(#1 (request|response)_body \d end=true)?$/,
    theirs: /^(#1 (request|response)_body \d end=false)?\n?(#1 (request|response)_body 0 end=true)?$/,
    why: 'The last piece of a body whose length is known is told as the last; Envoy tells of the end on its own.',
  },
  {
    cases: /http2$/,
    ours: /^#1 request_body \d end=false\n#1 request_body 0 end=true$/,
    theirs: /^#1 request_body \d end=true$/,
    why: 'Of HTTP/2 it is the other way round: Node tells of the end of a stream on its own.',
  },
  {
    cases: /^header-maps\/add-trailers-in-last-body$/,
    ours: /^#1 request_body 3 end=false\n {2}add 1 x-late l = 2\n {2}pairs 1 = 0 \[\]\n#1 request_body 0 end=true$/,
    theirs: /^#1 request_body 3 end=true$/,
    why: 'The same: trailers can be added when the end is told, and are sent.',
  },
  {
    cases: /^pausing\/(client-leaves|client-leaves-amid-response|response-headers-for-ever)$/,
    ours: /^(#1 response_headers 1 end=false|> closed)?$/,
    theirs: /#1 log\n#1 done\n#1 delete/,
    why: 'Who has sent a whole request of HTTP/1 may close his side and wait for the answer (RFC 9112 9.6): that he is gone is seen when he is written to. For Envoy he is gone.',
  },
  {
    cases: /^header-maps\/|^pausing\/change-held-request|^http-calls\/headers-of/,
    ours: /^ {2}pairs 0 = 0 \[(:\w+=\S+ )*:/,
    theirs: /^ {2}pairs 0 = 0 \[(:\w+=\S+ )*:/,
    why: 'Pseudo-headers have no order of their own among each other (RFC 9113 8.3), nor has the cookie of HTTP/2, which Envoy puts behind all others.',
  },
  {
    cases: /^header-maps\/each-map-in-log$/,
    ours: /server=quadrant date=DATE/,
    theirs: /date=DATE server=envoy/,
    why: 'A server names itself.',
  },
  {
    cases: /^header-maps\/(line-break|zero)-in-value$/,
    ours: /^(> 502 .*invalid header value for: x-(split|zero))?$/,
    theirs: /^(> (200 .*x-injected: b.*|closed)|#1 response_body 8 end=false\n#1 response_body 0 end=true)$/,
    why: 'A response with such a value is not sent; Envoy writes a line break into HTTP/1 as it is, so that a filter can be made to send fields that it did not set, and a zero, of which clients take offence.',
  },
  {
    cases: /^header-maps\/add$/,
    ours: /503|body 26 end=true/,
    theirs: /400|body 0 end=true/,
    why: 'A field without a name cannot be sent; for Envoy it is the client who got it wrong.',
  },
  {
    cases: /^header-maps\/(add|remove-pseudo-header)$/,
    ours: /^#1 response_headers \d end=/,
    theirs: /^#1 response_headers \d end=/,
    why: 'The same: another local reply has other fields.',
  },
  {
    cases: /^pausing\/continue-(request|response)-headers-that-are-not-paused$/,
    ours: /^(|#1 response_body 4 end=false\n#1 response_body 0 end=true|> 200 \| body undeux)$/,
    theirs: /^(|\^ POST \/ \| aborted|> 200 \| aborted)$/,
    why: 'To continue what is not held does nothing; Envoy sends the request twice, and breaks the response off.',
  },
  {
    cases: /^(http-calls|grpc-calls|grpc-streams)\/nobody-there$/,
    ours: /ECONNREFUSED|138|remote connection failure,|pairs 5/,
    theirs: /98|remote.*failure/,
    why: 'It is said how the connection failed, too.',
  },
  {
    cases: /^grpc-streams\/(one-message|half-closed|in-configure)$/,
    ours: /^(#1|root) grpc_initial_metadata 6$/,
    theirs: /^(#1|root) grpc_initial_metadata 7$/,
    why: 'Envoy adds how long it took (x-envoy-upstream-service-time).',
  },
  {
    cases: /^properties\/request-in-body$/,
    ours: /= 0 "/,
    theirs: /= 1$/,
    why: 'What was asked for can be read as long as the exchange lasts; Envoy forgets it where filters cannot change it.',
  },
  {
    cases: /^properties\/response$/,
    ours: /total_size/,
    theirs: /total_size/,
    why: 'Envoy counts the head of the response, as it was encoded, including what is of the connection.',
  },
  {
    cases: /^foreign-functions\/(route-that-was-looked-at|clear-route-cache-after-looking)$/,
    ours: /^ {2}property xds\/route_name = 0 "other"$/,
    theirs: /^ {2}property xds\/route_name = 0 "all"$/,
    why: 'A filter that has changed the headers reads where they lead now; Envoy says where they led, until the request goes on.',
  },
  {
    cases: /^buffers\/each-in-configure$/,
    ours: /^ {2}buffer 8 0 9 = 0 ""$/,
    theirs: /^ {2}buffer 8 0 9 = 0 "# buffers"$/,
    why: 'No function is called, so there is no data of a call; Envoy has one buffer for it and for the configuration, and gives what was asked for last.',
  },
  {
    cases: /^local-replies\/status-that-is-none$/,
    ours: /^$|^> 502 .*missing required header: :status$/,
    theirs: /^#1 response_body 2 end=true$|^> closed$/,
    why: 'A response whose status is none is not sent; Envoy sends it, and the client is the one who refuses.',
  },
  {
    cases: /^wasi\/two-lines-at-once$/,
    ours: /^info ~two$/,
    theirs: /^$/,
    why: 'What is written with a line break in it is two lines of the log; the second is not seen in the log of Envoy, which has no mark.',
  },
  {
    cases: /^wasi\/output$/,
    ours: /^(info ~without-line-break\n#1 response_headers \d end=false)?$/,
    theirs: /^(info ~without-line-break|#1 response_headers \d end=false)$/,
    why: 'A line that does not end is logged at the end of the callback: the runtime of Go writes one in many pieces, which are as many lines in Envoy.',
  },
  {
    cases: /^wasi\/(files|paths|waiting|pointers-that-lead-nowhere)$/,
    ours: /fd_fdstat_get|fd_prestat|path_|poll_oneoff|wasi_wild/,
    theirs: /fd_fdstat_get|fd_prestat|path_|poll_oneoff|wasi_wild/,
    why: 'There are no files in either; what says so differs. A filter that waits has waited here, and what it points to is looked at.',
  },
  {
    cases: /^wasi\/exit/,
    ours: /503/,
    theirs: /proc_exit \d = returned/,
    why: 'A filter that ends is over, and another one begins; Envoy lets it go on behind the call that never returns.',
  },
  {
    cases: /^wild-pointers\/get-buffer-bytes$/,
    ours: /= 0$/,
    theirs: /= 6$/,
    why: 'There is nothing to read, so nothing is written.',
  },
  {
    cases: /^traps\/.*-closed$/,
    ours: /^((root configure whole=true|#1 \w.*|\^ POST \/.*|> 503( \| content-length: 0)?|> 200 \| (body answer \| )?reset 2|> 200 \| body answer \| trailer x-rt: w)(\n|$))*$/,
    theirs: /^((\^ POST \/.*|> 503|> closed)(\n|$))*$/,
    why: 'After a trap another instance begins at once, so that what comes then is filtered again, and one that was waiting for the filter is answered; Envoy answers all that comes then with 503, and leaves that one waiting.',
  },
  {
    cases: /^traps\/.*-open$/,
    ours: /^((root configure whole=true|#1 \w.*|\^ (POST|GET) \/.*|> 200 \| body (answer \| trailer x-rt: w|upstream))(\n|$))*$/,
    theirs: /^((\^ POST \/.*|> 503|> 200 \| (body answer \| )?reset 2|> closed)(\n|$))*$/,
    why: 'The same; and where exchanges go on without a filter that is over, that one does, too, in which it happened. Envoy fails it.',
  },
  {
    cases: /^network\/pause-connection$/,
    ours: /^#1 downstream_data 3 end=false\n#1 downstream_data 0 end=true$/,
    theirs: /^#1 downstream_data 3 end=true$/,
    why: 'What came while the connection was held is told as it came.',
  },
  {
    cases: /^network\/continue-each$/,
    ours: /continue 3 = 0/,
    theirs: /continue 3 = 12/,
    why: 'What comes from the upstream can be continued, too.',
  },
  {
    cases: /^network\/trap/,
    ours: /^((root configure whole=true|#1 \w.*|> received echo:one)(\n|$))*$/,
    theirs: /^(> ?)?$/,
    why: 'Another instance begins here, too, and a connection goes on without a filter that is over, where it may.',
  },
  {
    cases: /^foreign-functions\/.*route/,
    ours: /text\/plain; charset=utf-8/,
    theirs: /text\/plain /,
    why: 'An answer of a route says in which letters it is.',
  },
]

/** The first of a table that says why lines differ. */
export function differenceOf(table: readonly CaseDifference[], hunk: Hunk): CaseDifference | undefined {
  const [ours, theirs] = [hunk.ours.join('\n'), hunk.theirs.join('\n')]
  return table.find(
    (one) =>
      one.cases.test(hunk.case) &&
      one.ours.test(ours) &&
      one.theirs.test(theirs) &&
      (one.more === undefined || one.more.includes(countOf(theirs) - countOf(ours))),
  )
}

/** The first number behind the name of a callback. */
function countOf(line: string): number {
  return Number(/[ =](\d+)/.exec(line.replace(/^#\d /, ''))?.[1])
}

/** As it is shown where nobody knows why. */
export function hunkText({ case: name, ours, theirs }: Hunk): string {
  return [
    name,
    ...ours.map((line) => `  ours:   ${line}`),
    ...theirs.map((line) => `  theirs: ${line}`),
  ].join('\n')
}
