import {
  about,
  bool,
  type Field,
  list,
  mapped,
  number,
  object,
  optional,
  presence,
  shaped,
  text,
  withDefault,
} from '@quadrant/core/config'
import { onlyOne } from './choice.ts'
import { GatewayCode } from './codes.ts'
import { mirror } from './guard-fields.ts'
import { retry } from './retry-fields.ts'
import type {
  ForwardSpec,
  HashPolicySpec,
  HostRewrite,
  PathRewrite,
  RedirectSpec,
  RespondSpec,
  WeightedClusterSpec,
} from './route-spec.ts'
import { headerName, nameField, path, status, textLike, timeout } from './value-fields.ts'

/** Envoy's, which many are used to. */
const TIMEOUT_MS = 15_000
const REDIRECT_STATUSES = [301, 302, 303, 307, 308] as const

/** One of several. */
export const weightedCluster: Field<WeightedClusterSpec> = mapped(
  object('a weighted cluster', {
    name: about('Of the cluster.', nameField),
    weight: about('Its share of the sum of all.', number({ default: 1, min: 0, max: 1e6 })),
  }),
  ({ name, weight }) => ({ cluster: name, weight }),
)

const host = textLike('a host, with a port if that matters', /^[A-Za-z0-9._:[\]-]{1,253}$/, 'shop.example')

const pathRewrite: Field<PathRewrite> = mapped(
  object('rewrite', {
    path: about('Instead of the whole path.', optional(path)),
    prefix: about('Instead of what the match says.', optional(path)),
    regex: about('A [pattern](#patterns); `substitution` comes instead of each match.', optional(text)),
    substitution: about('With `\\1` to `\\9` for groups, and `\\0` for all of it.', optional(text)),
  }),
  (read, reader, place) => {
    const kind = onlyOne(reader, place, 'rewrite', read, ['path', 'prefix', 'regex'])
    if (read.regex !== undefined && read.substitution === undefined)
      reader.wrong(GatewayCode.missing, place, '`substitution` is missing', 'substitution: …')
    switch (kind) {
      case 'prefix':
        return { kind, path: read.prefix ?? '/' }
      case 'regex':
        return { kind, pattern: read.regex ?? '', substitution: read.substitution ?? '' }
      case 'path':
      case undefined:
        return { kind: 'full', path: read.path ?? '/' }
    }
  },
)

const hostRewrite: Field<HostRewrite> = mapped(
  object('host_rewrite', {
    literal: about('This.', optional(host)),
    header: about('What this header of the request says.', optional(headerName)),
    endpoint: about('The name of the endpoint.', optional(bool(true))),
  }),
  (read, reader, place) => {
    const kind = onlyOne(reader, place, 'host_rewrite', read, ['literal', 'header', 'endpoint'])
    if (kind === 'header') return { kind, name: read.header ?? '' }
    return kind === 'endpoint' ? { kind } : { kind: 'literal', host: read.literal ?? '' }
  },
)

const hashPolicy: Field<HashPolicySpec> = mapped(
  object('a hash policy', {
    header: about('All that the header says.', optional(headerName)),
    query: about('A parameter.', optional(text)),
    source_address: about('The address of the client.', optional(bool(true))),
    cookie: about(
      'A cookie.',
      optional(
        object('cookie', {
          name: about('Of the cookie.', textLike('the name of a cookie', /^[A-Za-z0-9_.-]{1,128}$/, 'sid')),
          ttl: about(
            'One is made where there is none; 0 is a session’s. Default: none is made.',
            optional(timeout(0)),
          ),
          path: about('Of one that is made.', withDefault(textLike('a path', /^[^;,\s]{0,1024}$/, '/'), '/')),
        }),
      ),
    ),
    terminal: about('Those behind it do not count where this one has something.', bool(false)),
  }),
  (read, reader, place) => {
    const isTerminal = read.terminal
    switch (onlyOne(reader, place, 'a hash policy', read, ['header', 'query', 'source_address', 'cookie'])) {
      case 'header':
        return { kind: 'header', name: read.header ?? '', isTerminal }
      case 'query':
        return { kind: 'query', name: read.query ?? '', isTerminal }
      case 'cookie':
        return {
          kind: 'cookie',
          name: read.cookie?.name ?? '',
          ttlMs: read.cookie?.ttl,
          path: read.cookie?.path ?? '/',
          isTerminal,
        }
      case 'source_address':
      case undefined:
        return { kind: 'source-address', isTerminal }
    }
  },
)

/** Requests go to a cluster. */
export const forward: Field<ForwardSpec> = mapped(
  object('forward', {
    cluster: about('Its name.', optional(nameField)),
    clusters: about('Several, by weight.', optional(list(weightedCluster))),
    rewrite: about('Another path.', optional(pathRewrite)),
    host_rewrite: about('Another host.', optional(hostRewrite)),
    timeout: about(
      'From the end of the request to that of the response, all tries together. 0: for ever.',
      timeout(TIMEOUT_MS),
    ),
    idle_timeout: about(
      'Without a byte in either direction. Default: `timeouts.stream_idle` of the listener.',
      optional(timeout(0)),
    ),
    retry: about('When it is sent again. Default: never.', presence(retry)),
    websocket: about('It may become a WebSocket.', bool(false)),
    hash: about('What balancers that hash look at.', list(hashPolicy)),
    sticky: about(
      'Of several clusters, too, the one is chosen by `hash`: a client stays with it.',
      bool(false),
    ),
    mirrors: about('Who gets copies, whose answers are thrown away.', list(mirror)),
  }),
  (read, reader, place) => {
    const kind = onlyOne(reader, place, 'forward', read, ['cluster', 'clusters'])
    const single = { cluster: read.cluster ?? '', weight: 1 }
    reader.remember(single, reader.recall(read, 'cluster') ?? place)
    return {
      kind: 'forward',
      clusters: kind === 'clusters' ? (read.clusters ?? []) : [single],
      pathRewrite: read.rewrite,
      hostRewrite: read.host_rewrite,
      timeoutMs: read.timeout,
      idleTimeoutMs: read.idle_timeout,
      retry: read.retry,
      isWebSocketAllowed: read.websocket,
      hashPolicy: read.hash,
      isSticky: read.sticky,
      mirrors: read.mirrors,
    }
  },
)

/** The gateway answers by itself. */
export const respond: Field<RespondSpec> = mapped(
  object('respond', {
    status: about('Of the response.', status(200)),
    body: about('Of the response.', withDefault(text, '')),
    content_type: about('Of the body.', withDefault(text, 'text/plain; charset=utf-8')),
  }),
  (read) => ({ kind: 'respond', status: read.status, body: read.body, contentType: read.content_type }),
)

const redirectStatus: Field<RedirectSpec['status']> = shaped(
  { type: REDIRECT_STATUSES.map((code) => `\`${code}\``).join(' or '), fallback: '301' },
  (reader, place, name) => {
    if (place.node === undefined) return 301
    const value = Number(text(reader, place, name))
    const found = REDIRECT_STATUSES.find((code) => code === value)
    if (found === undefined)
      reader.wrong(
        GatewayCode.wrongValue,
        place,
        `\`${name}\` is one of ${REDIRECT_STATUSES.join(', ')}`,
        'status: 301',
      )
    return found ?? 301
  },
)

/** Clients are sent elsewhere. */
export const redirect: Field<RedirectSpec> = mapped(
  object('redirect', {
    https: about('To https, or to plain http. Default: as it was asked for.', optional(bool(true))),
    host: about('To this host.', optional(host)),
    port: about('To this port.', optional(number({ default: 443, min: 1, max: 65_535 }))),
    rewrite: about('To another path.', optional(pathRewrite)),
    status: about('Of the response.', redirectStatus),
    drop_query: about('Without the query.', bool(false)),
  }),
  (read, reader, place) => {
    if ([read.https, read.host, read.port, read.rewrite].every((value) => value === undefined))
      reader.wrong(GatewayCode.missing, place, 'redirect leads to the same place', 'https: true')
    return {
      kind: 'redirect',
      status: read.status,
      scheme: read.https === undefined ? undefined : read.https ? 'https' : 'http',
      host: read.host,
      port: read.port,
      path: read.rewrite,
      isQueryDropped: read.drop_query,
    }
  },
)
