import {
  about,
  bool,
  type Field,
  list,
  mapped,
  object,
  optional,
  presence,
  text,
} from '@quadrant/core/config'
import { forward, redirect, respond } from './action-fields.ts'
import { onlyOne } from './choice.ts'
import { condition } from './condition-fields.ts'
import { authorization, cors, fault, limits, routeFilter } from './guard-fields.ts'
import type { GuardSpec } from './guard-spec.ts'
import { headerEdit } from './header-edit-fields.ts'
import { jwt } from './jwt-fields.ts'
import { routeMatch } from './match-fields.ts'
import type { RouteActionSpec, RouteSpec, VirtualHostSpec } from './route-spec.ts'
import { metadata, nameField, rateLimit } from './value-fields.ts'

const domain = mapped(text, (value) => value.toLowerCase())

const route: Field<RouteSpec> = mapped(
  object('a route', {
    name: about('In access logs and statistics.', nameField),
    match: about('Which requests it has.', routeMatch),
    only: about('Of those only some; the next route that matches has the others.', optional(condition)),
    forward: about('They go to a cluster.', optional(forward)),
    respond: about('They are answered at once.', presence(respond)),
    redirect: about('They are sent elsewhere.', optional(redirect)),
    rate_limit: about('Of all its requests together, in each worker.', optional(rateLimit)),
    request_headers: about('Changes of requests.', headerEdit),
    response_headers: about('Changes of responses.', headerEdit),
    cors: about('Which pages may ask.', optional(cors)),
    jwt: about('Which tokens requests bring.', optional(jwt)),
    authorization: about('Who may ask what.', optional(authorization)),
    limits: about('How many requests are let through, all or for each client.', optional(limits)),
    fault: about('Requests that wait or fail on purpose.', optional(fault)),
    filters: about(
      'Which filters of the listener its requests pass, in the order of the listener. Default: all.',
      optional(list(routeFilter)),
    ),
    metadata: about('By namespace; filters read it.', metadata),
  }),
  (read, reader, place) => {
    const kind = onlyOne(reader, place, `route ${read.name}`, read, ['forward', 'respond', 'redirect'])
    const nothing: RouteActionSpec = { kind: 'respond', status: 500, body: '', contentType: '' }
    return {
      name: read.name,
      match: read.match,
      condition: read.only,
      action: (kind && read[kind]) ?? nothing,
      requestHeaders: read.request_headers,
      responseHeaders: read.response_headers,
      rateLimit: read.rate_limit,
      guard: guardOf(read),
      filters: read.filters,
      metadata: read.metadata,
    }
  },
)

function guardOf({ cors, jwt, authorization, limits, fault }: GuardSpec): GuardSpec | undefined {
  return (cors ?? jwt ?? authorization ?? limits ?? fault)
    ? { cors, jwt, authorization, limits, fault }
    : undefined
}

/** Domains with their routes. */
export const virtualHost: Field<VirtualHostSpec> = mapped(
  object('a virtual host', {
    name: about('In access logs and statistics.', nameField),
    domains: about(
      '`shop.example`, `*.shop.example`, `shop.*`, or `*` for all that no other has. Ports do not count.',
      list(domain),
    ),
    routes: about('The first that matches has the request.', list(route)),
    require_tls: about('Plain requests are sent to https.', bool(false)),
    request_headers: about('Changes of requests, after those of the route.', headerEdit),
    response_headers: about('Changes of responses, after those of the route.', headerEdit),
  }),
  (read) => ({
    name: read.name,
    domains: read.domains,
    routes: read.routes,
    isTlsRequired: read.require_tls,
    requestHeaders: read.request_headers,
    responseHeaders: read.response_headers,
  }),
)
