import type { CaseDifference } from './case-differences.ts'

/** What is wrong here, or not there yet. It is to become empty. */
export const OPEN_DIFFERENCES: readonly CaseDifference[] = [
  {
    cases: /^header-maps\/set-pairs$/,
    ours: /./,
    theirs: /^/,
    why: 'Envoy answers a request that has lost x-forwarded-proto itself.',
  },
  {
    cases: /^header-maps\/(set-empty-bytes-of-response|remove-status|status-that-is-none)$/,
    ours: /^> closed$/,
    theirs: /^> 502 .*missing required header: :status$/,
    why: 'A response without a status closes the connection.',
  },
  {
    cases: /trailers|^header-maps\/each-map-in-log/,
    ours: /^\^ POST \/.*body b/,
    theirs: /^\^ POST \/.* \| trailer x-t2?: /,
    why: 'Trailers of requests do not reach an upstream of HTTP/2.',
  },
  {
    cases: /^header-maps\/(pairs-over-http2|each-map-in-.*|trailers-of-.*)$/,
    ours: /^\^ POST \//,
    theirs: /^\^ POST \/.*trailer/,
    why: 'The same.',
  },
  {
    cases: /^header-maps\/add-trailers-in-last-body$/,
    ours: /./,
    theirs: /./,
    why: 'Trailers cannot be added behind a body.',
  },
  {
    cases: /^buffers\/(read-beyond|overflowing-range)$/,
    ours: / = 2$/,
    theirs: / = 0 /,
    why: 'A sum of start and length that is over 32 bits.',
  },
  {
    cases: /^buffers\/each-in-configure$/,
    ours: /buffer 8/,
    theirs: /buffer 8/,
    why: 'Call data is the configuration in Envoy.',
  },
  {
    cases:
      /^pausing\/(request-headers-hold-the-body|response-headers-for-ever|client-leaves|client-leaves-amid-response)$/,
    ours: /^(#1 response_headers 1 end=false|> closed)?$/,
    theirs: /#1 log\n#1 done\n#1 delete/,
    why: 'Nobody sees that a client is gone while its request is held.',
  },
  {
    cases: /^local-replies\/(to-head|own-status|details-with-spaces)$/,
    ours: /./,
    theirs: /./,
    why: 'Local replies: to HEAD, with a status of their own, with spaces in their details.',
  },
  {
    cases: /^http-calls\/values$/,
    ours: /value 7 x-none = 1/,
    theirs: /value 7 x-none = 2/,
    why: 'Trailers of a call that there are none of.',
  },
  {
    cases: /^header-maps\/get-value$/,
    ours: /value 0 host = 1/,
    theirs: /value 0 host = 0/,
    why: 'host is another name of :authority.',
  },
  {
    cases: /^(http-calls|grpc-streams)\/in-configure$/,
    ours: / = [24]/,
    theirs: / = 0/,
    why: 'There are no clusters yet when filters are configured.',
  },
  {
    cases: /^grpc-(calls\/not-grpc|streams\/nobody-there)$/,
    ours: /^(| {2}status = 0 13 "{via_upstream}")$/,
    theirs: /./,
    why: 'What is told of a call that failed.',
  },
  {
    cases: /^properties\/|^foreign-functions\/.*look/,
    ours: /upstream|xds|backend/,
    theirs: /upstream|xds|backend/,
    why: 'Properties that are not there yet.',
  },
  {
    cases: /^contexts\/vm-start$/,
    ours: /buffer 7/,
    theirs: /buffer 7/,
    why: 'The configuration of the plugin can be read before it is configured.',
  },
  {
    cases: /^contexts\/effective-that-is-none$/,
    ours: /effective 0 = 2/,
    theirs: /effective 0 = 0/,
    why: 'Context 0 is that of the callback.',
  },
  {
    cases: /^contexts\/tick$/,
    ours: /./,
    theirs: /^$/,
    why: 'An instance that is kept ready ticks.',
  },
  {
    cases: /^grpc-(calls|streams)\/unknown-cluster$/,
    ours: / = 4$/,
    theirs: / = 10$/,
    why: 'A GrpcService of a cluster that there is none of is read well (InternalFailure).',
    guests: ['go'],
  },
  {
    cases: /^wasi\/environment$/,
    ours: /environ = 0 0 0/,
    theirs: /environ = 0 2/,
    why: 'There is no environment in the configuration.',
  },
]
