import { type Attribute, type CelType, DYN, mapOf, STRING } from './cel-type.ts'

const of = (kind: 'bool' | 'int' | 'uint' | 'timestamp' | 'duration', about: string): Attribute => ({
  type: { kind },
  about,
})
const word = (about: string): Attribute => ({ type: STRING, about })
const late = (attribute: Attribute): Attribute => ({ ...attribute, isLate: true })
const object = (name: string, fields: Readonly<Record<string, Attribute>>): CelType => ({
  kind: 'object',
  name,
  fields,
})
const HEADERS = mapOf(STRING, STRING)

const certificate = {
  tls_version: word('Such as `TLSv1.3`.'),
  subject_local_certificate: word('Subject of our certificate.'),
  subject_peer_certificate: word('Subject of the certificate of the peer.'),
  dns_san_local_certificate: word('First DNS name of our certificate.'),
  dns_san_peer_certificate: word('First DNS name of the certificate of the peer.'),
  uri_san_local_certificate: word('First URI of our certificate: our SPIFFE ID.'),
  uri_san_peer_certificate: word('First URI of the certificate of the peer: its SPIFFE ID.'),
  sha256_peer_certificate_digest: word('Digest of the certificate of the peer, in hexadecimal.'),
}

/** What expressions can ask for, as Envoy 1.40 calls it ("Attributes" of its reference). */
export const ATTRIBUTES: Readonly<Record<string, Attribute>> = {
  request: {
    about: 'The request.',
    type: object('request', {
      path: word('With the query: `/cart?id=1`.'),
      url_path: word('Without the query.'),
      host: word('`host` or `:authority`.'),
      scheme: word('`http` or `https`.'),
      method: word('Such as `GET`.'),
      headers: { type: HEADERS, about: 'By their names, in small letters.' },
      referer: word('Header `referer`.'),
      useragent: word('Header `user-agent`.'),
      time: of('timestamp', 'When its first byte came.'),
      id: word('Header `x-request-id`.'),
      protocol: word('Such as `HTTP/2`.'),
      query: word('What is behind `?`.'),
      size: of('int', 'Bytes of the body.'),
      total_size: late(of('int', 'Bytes with headers.')),
      duration: late(of('duration', 'From its first byte to its end.')),
    }),
  },
  response: {
    about: 'The answer.',
    isLate: true,
    type: object('response', {
      code: of('int', 'Status.'),
      code_details: word('Why it has this status, as Envoy says it.'),
      flags: of('int', 'What went wrong, as bits.'),
      grpc_status: of('int', 'Status of gRPC.'),
      headers: { type: HEADERS, about: 'By their names, in small letters.' },
      trailers: { type: HEADERS, about: 'By their names, in small letters.' },
      size: of('int', 'Bytes of the body.'),
      total_size: of('int', 'Bytes with headers.'),
      backend_latency: of('duration', 'How long the backend took.'),
    }),
  },
  source: {
    about: 'Who asks.',
    type: object('source', { address: word('With the port.'), port: of('int', 'Its port.') }),
  },
  destination: {
    about: 'Who is asked.',
    type: object('destination', { address: word('With the port.'), port: of('int', 'Its port.') }),
  },
  connection: {
    about: 'The connection on which the request came.',
    type: object('connection', {
      id: of('uint', 'Counted by the proxy.'),
      mtls: of('bool', 'Whether the client has shown a certificate.'),
      requested_server_name: word('SNI.'),
      ...certificate,
      termination_details: late(word('Why it was ended.')),
      transport_failure_reason: late(word('Why it failed.')),
    }),
  },
  upstream: {
    about: 'The connection to the backend.',
    isLate: true,
    type: object('upstream', {
      address: word('With the port.'),
      port: of('int', 'Its port.'),
      ...certificate,
      local_address: word('Ours.'),
      transport_failure_reason: word('Why it failed.'),
      request_attempt_count: of('uint', 'How often the request was sent.'),
      cx_pool_ready_duration: of('duration', 'How long a connection was waited for.'),
    }),
  },
  metadata: { type: DYN, about: 'What filters have written of the request.' },
  filter_state: { type: mapOf(STRING, DYN), about: 'What filters have kept of the request.' },
  xds: {
    about: 'What of the configuration has the request.',
    type: object('xds', {
      node: { type: DYN, about: 'The proxy.' },
      cluster_name: word('Where the request goes.'),
      cluster_metadata: { type: DYN, about: 'Of the cluster.' },
      route_name: word('Of the route.'),
      route_metadata: { type: DYN, about: 'Of the route.' },
      virtual_host_name: word('Of the virtual host.'),
      virtual_host_metadata: { type: DYN, about: 'Of the virtual host.' },
      upstream_host_metadata: late({ type: DYN, about: 'Of the endpoint.' }),
      filter_chain_name: word('Of the filter chain.'),
    }),
  },
}
