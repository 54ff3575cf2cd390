/** Documents that fit one another, and requests near their edges. */
export interface PolicyCase {
  readonly documents: string
  readonly requests: readonly CaseRequest[]
}

export interface CaseRequest {
  readonly method: string
  readonly host: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  /** Of 127.0.0.0/8. */
  readonly source: string
}

export interface CaseOptions {
  readonly requestCount: number
  /** What a back end cannot enforce is not asked of it. Default: all that the gateway can. */
  readonly kinds?: readonly CaseKind[]
}

export const CASE_KINDS = [
  'AuthorizationPolicy',
  'RateLimitPolicy',
  'HeaderPolicy',
  'FaultPolicy',
  'TrafficSplitPolicy',
  'MirrorPolicy',
  'TimeoutPolicy',
  'RetryPolicy',
] as const
export type CaseKind = (typeof CASE_KINDS)[number]

type Random = () => number

/** mulberry32: the same for the same seed. */
export function seeded(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const HOSTS = ['shop.example', 'a.shop.example', 'b.a.shop.example', 'other.example', 'SHOP.example']
const PATHS = [
  '/',
  '/cart',
  '/cart/',
  '/cart/1',
  '/carts',
  '/api',
  '/api/v1',
  '/api/v1/items/7',
  '/api/v2',
  '/x',
]
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS']
const HEADER_NAMES = ['x-a', 'x-b', 'x-tenant']
const HEADER_VALUES = ['1', '2', 'shop', 'Shop', 'a,b', '']
const QUERIES = ['', '?q=1', '?q=2&r=1', '?r=1', '?q=1&q=2', '?q']
const SOURCES = ['127.0.0.1', '127.0.0.9', '127.0.1.1', '127.5.0.1']

export function randomCase(seed: number, { requestCount, kinds = CASE_KINDS }: CaseOptions): PolicyCase {
  const random = seeded(seed)
  const maker = new CaseMaker(random)
  const documents = maker.documents(kinds)
  return {
    documents,
    requests: Array.from({ length: requestCount }, () => maker.request()),
  }
}

/* oxlint-disable oxc/no-map-spread -- documents are made once */
class CaseMaker {
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  documents(kinds: readonly CaseKind[]): string {
    const routes = this.#times(1, 3).map((index) => this.#route(`route${index}`))
    const policies = this.#times(0, 7).map((index) => this.#policy(this.#one(kinds), `p${index}`))
    return [this.#gateway(), ...['cart', 'next', 'third'].map(service), ...routes, ...policies]
      .map((document) => JSON.stringify(document))
      .join('\n---\n')
  }

  request(): CaseRequest {
    const headers: Record<string, string> = {}
    for (const name of HEADER_NAMES) if (this.#chance(0.5)) headers[name] = this.#one(HEADER_VALUES)
    if (this.#chance(0.3)) headers['origin'] = this.#one(['https://a.shop.example', 'https://evil.example'])
    if (this.#chance(0.3)) headers['access-control-request-method'] = 'PUT'
    return {
      method: this.#one(METHODS),
      host: this.#one(HOSTS) + (this.#chance(0.2) ? ':8080' : ''),
      target: this.#one(PATHS) + this.#one(QUERIES),
      headers,
      source: this.#one(SOURCES),
    }
  }

  #gateway() {
    const more = this.#chance(0.5)
      ? [{ name: 'own', port: 80, protocol: 'HTTP', hostname: '*.shop.example' }]
      : []
    return resource('gateway.networking.k8s.io/v1', 'Gateway', 'web', {
      gatewayClassName: 'quadrant',
      listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }, ...more],
    })
  }

  #route(name: string) {
    return resource('gateway.networking.k8s.io/v1', 'HTTPRoute', name, {
      parentRefs: [{ name: 'web' }],
      ...this.#maybe(0.4, () => ({
        hostnames: this.#some(['shop.example', '*.shop.example', 'a.shop.example', '*.example'], 1, 2),
      })),
      rules: this.#times(1, 3).map((index) => this.#rule(`rule${index}`)),
    })
  }

  #rule(name: string) {
    const filters = this.#chance(0.3) ? [this.#filter()] : []
    const isRedirect = filters.some(({ type }) => type === 'RequestRedirect')
    return {
      name,
      matches: this.#times(1, 2).map(() => this.#match()),
      ...(filters.length > 0 ? { filters } : {}),
      ...(isRedirect
        ? {}
        : {
            backendRefs: this.#some(['cart', 'next'], 1, 2).map((backend) => ({
              name: backend,
              port: 8080,
              weight: this.#one([0, 1, 3]),
            })),
          }),
      ...this.#maybe(0.2, () => ({ timeouts: { request: '20s' } })),
    }
  }

  #filter() {
    const header = { name: this.#one(['x-set', 'X-A']), value: this.#one(['v', '100%', 'a b']) }
    return this.#one([
      { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [header], remove: ['x-b'] } },
      { type: 'RequestHeaderModifier', requestHeaderModifier: { add: [header] } },
      {
        type: 'RequestRedirect',
        requestRedirect: {
          hostname: 'new.example',
          statusCode: this.#one([301, 302]),
          port: this.#one([80, 8443]),
        },
      },
      {
        type: 'RequestRedirect',
        requestRedirect: { scheme: 'https', path: { type: 'ReplaceFullPath', replaceFullPath: '/new' } },
      },
      {
        type: 'URLRewrite',
        urlRewrite: {
          hostname: 'inner.example',
          path: { type: 'ReplaceFullPath', replaceFullPath: '/whole' },
        },
      },
      { type: 'CORS', cors: { allowOrigins: ['https://*.shop.example'], allowMethods: ['GET', 'PUT'] } },
    ])
  }

  #match() {
    return {
      path: this.#one([
        { type: 'PathPrefix', value: this.#one(['/', '/', '/cart', '/api', '/api/v1']) },
        { type: 'PathPrefix', value: this.#one(['/', '/cart/']) },
        { type: 'Exact', value: this.#one(['/cart', '/api/v2', '/x']) },
        { type: 'RegularExpression', value: this.#one(['/api/v[0-9]+', '/c.*', '/api/v1/items/\\d+']) },
      ]),
      ...this.#maybe(0.2, () => ({ method: this.#one(METHODS) })),
      ...this.#maybe(0.15, () => ({ headers: [this.#fieldMatch(this.#one(['x-a', 'X-Tenant']))] })),
      ...this.#maybe(0.15, () => ({ queryParams: [this.#fieldMatch('q')] })),
    }
  }

  #fieldMatch(name: string) {
    return this.#one([
      { name, value: this.#one(['1', '2', 'shop']) },
      { type: 'RegularExpression', name, value: this.#one(['[0-9]', 'S?s?hop', '.*']) },
    ])
  }

  #expression(): string {
    const atom = () =>
      this.#one([
        `request.method == '${this.#one(METHODS)}'`,
        `request.method in ['GET', 'PUT']`,
        `request.path.startsWith('${this.#one(['/cart', '/api'])}')`,
        `request.url_path == '${this.#one(PATHS)}'`,
        `request.url_path.matches('^/api/v[0-9]')`,
        `request.query.contains('q=1')`,
        `request.headers['x-a'] == '${this.#one(HEADER_VALUES)}'`,
        `'x-tenant' in request.headers`,
        `has(request.headers.host) || request.host.endsWith('.shop.example')`,
        `size(request.headers['x-tenant']) > 1`,
        `source.address.startsWith('127.0.0.')`,
        `request.headers['x-a'] == request.headers['x-b']`,
        `request.headers['x-tenant'].contains('ho')`,
        `!connection.mtls`,
        `['1', '2'].exists(n, n == request.headers['x-b'])`,
        `(request.method == 'GET' ? 'a' : 'b') == 'a'`,
      ])
    const made = atom()
    if (this.#chance(0.3)) return `(${made}) ${this.#one(['&&', '||'])} (${atom()})`
    return this.#chance(0.15) ? `!(${made})` : made
  }

  #condition() {
    return {
      ...this.#maybe(0.4, () => ({ matches: this.#times(1, 2).map(() => this.#match()) })),
      ...this.#maybe(0.5, () => ({ when: this.#expression() })),
    }
  }

  #policy(kind: CaseKind, name: string) {
    const isRouteOnly = kind === 'TrafficSplitPolicy' || kind === 'MirrorPolicy'
    const targetRefs = [
      this.#one([
        ...(isRouteOnly ? [] : [{ kind: 'Gateway', name: 'web' }]),
        ...(isRouteOnly ? [] : [{ kind: 'Gateway', name: 'web', sectionName: 'http' }]),
        { kind: 'HTTPRoute', name: 'route0' },
        { kind: 'HTTPRoute', name: 'route0', sectionName: 'rule0' },
      ]),
    ]
    const rules = this.#rules(kind)
    const part = this.#one(['spec', 'spec', 'defaults', 'overrides'] as const)
    const spec =
      part === 'spec'
        ? { targetRefs, ...rules }
        : { targetRefs, [part]: { ...rules, ...this.#maybe(0.3, () => ({ strategy: 'Atomic' })) } }
    return resource('quadrant.dev/v1', kind, name, spec)
  }

  #rules(kind: CaseKind): object {
    switch (kind) {
      case 'AuthorizationPolicy':
        return {
          rules: this.#times(1, 4).map((index): object => ({
            name: `r${index}`,
            action: this.#one(['Allow', 'Allow', 'Deny', 'Log']),
            ...this.#maybe(0.3, () => ({
              from: [{ addresses: this.#some(['127.0.0.0/24', '127.5.0.1', '127.0.0.0/9'], 1, 2) }],
            })),
            ...this.#condition(),
          })),
          ...this.#maybe(0.4, () => ({ otherwise: this.#one(['Allow', 'Deny']) })),
          ...this.#maybe(0.2, () => ({ mode: this.#one(['Enforce', 'Shadow']) })),
        }
      case 'RateLimitPolicy':
        return {
          limits: this.#times(1, 2).map((index): object => ({
            name: `l${index}`,
            requests: this.#one([1, 2, 5]),
            window: '1h',
            ...this.#maybe(0.3, () => ({ burst: 3 })),
            ...this.#maybe(0.6, () => ({
              by: [
                this.#one([
                  { type: 'Header', header: { name: 'X-Tenant' } },
                  { type: 'SourceAddress', sourceAddress: { prefix: this.#one([8, 24, 32]) } },
                  {
                    type: 'Attribute',
                    attribute: { expression: this.#one(['request.method', "request.headers['x-a']"]) },
                  },
                ]),
              ],
            })),
            ...this.#condition(),
          })),
          ...this.#maybe(0.3, () => ({ response: { status: 503, headers: { 'retry-after': '1' } } })),
          ...this.#maybe(0.2, () => ({ mode: 'Shadow' })),
        }
      case 'HeaderPolicy':
        return {
          request: {
            set: [{ name: this.#one(['x-set', 'x-b']), value: 'policy' }],
            ...this.#maybe(0.5, () => ({ remove: [this.#one(['x-a', 'X-Tenant'])] })),
          },
        }
      case 'FaultPolicy':
        return {
          abort: this.#one([
            { httpStatus: 418, percent: this.#one([0, 100]) },
            { grpcStatus: 'Unavailable', percent: 100 },
          ]),
          ...this.#condition(),
        }
      case 'TrafficSplitPolicy':
        return {
          backends: [
            { name: 'third', port: 8080, weight: 1 },
            { name: 'cart', port: 8080, weight: this.#one([0, 1]) },
          ],
          ...this.#condition(),
        }
      case 'MirrorPolicy':
        return {
          mirrors: [{ backendRef: { name: 'third', port: 8080 }, percent: this.#one([0, 100]) }],
          ...this.#condition(),
        }
      case 'TimeoutPolicy':
        return { request: this.#one(['10s', '30s']) }
      case 'RetryPolicy':
        return { attempts: this.#one([0, 2]), on: ['ConnectFailure'] }
    }
  }

  #chance(share: number): boolean {
    return this.#random() < share
  }

  #one<T>(values: readonly T[]): T {
    return values[Math.floor(this.#random() * values.length)]!
  }

  #some<T>(values: readonly T[], min: number, max: number): readonly T[] {
    const count = min + Math.floor(this.#random() * (max - min + 1))
    const start = Math.floor(this.#random() * values.length)
    return Array.from({ length: count }, (_, index) => values[(start + index) % values.length]!)
  }

  #times(min: number, max: number): readonly number[] {
    return Array.from({ length: min + Math.floor(this.#random() * (max - min + 1)) }, (_, index) => index)
  }

  #maybe<T extends object>(share: number, make: () => T): Partial<T> {
    return this.#chance(share) ? make() : {}
  }
}

function resource(apiVersion: string, kind: string, name: string, spec: object) {
  return { apiVersion, kind, metadata: { name, namespace: 'shop' }, spec }
}

function service(name: string) {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'shop' },
    spec: { ports: [{ name: 'http', port: 8080 }] },
  }
}
