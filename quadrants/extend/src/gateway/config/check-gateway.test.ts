import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Diagnostic, formatDiagnostic } from '@quadrant/core'
import fc from 'fast-check'
import { checkGateway } from './check-gateway.ts'
import { FILTER_CAPABILITIES } from './filter-spec.ts'
import { findGatewayProblems } from './gateway-problems.ts'

const GOOD = `listeners:
  - name: web
    address: 0.0.0.0:8443
    tls:
      certificates:
        - { server_names: [shop.example], cert_file: shop.pem, key_file: shop.key }
      client_ca_file: clients.pem
    limits: { head_bytes: 32KiB, body_bytes: 10MiB }
    timeouts: { head: 5s, connection: 1h30m }
  - { name: plain, address: 127.0.0.1:8080, protocols: [http1], virtual_hosts: [shop], filters: [] }
virtual_hosts:
  - name: shop
    domains: [shop.example, '*.Shop.example']
    request_headers: { set: { x-client: '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%' }, remove: [x-debug] }
    routes:
      - name: cart
        match:
          prefix: /cart
          methods: [GET, POST]
          headers: [{ name: X-Version, regex: 'v[0-9]+' }, { name: x-beta, present: false }]
          query: [{ name: lang, exact: de }]
        forward:
          clusters: [{ name: cart, weight: 90 }, { name: canary, weight: 10 }]
          rewrite: { prefix: / }
          timeout: 3s
          retry: { on: [reset, retriable-status-codes], statuses: [503], retries: 2 }
          hash: [{ cookie: { name: sid, ttl: 0 } }, { source_address: true }]
        rate_limit: { requests: 100, per: 1s, burst: 200 }
      - { name: old, match: { path: /old }, redirect: { https: true, rewrite: { path: /new }, status: 308 } }
      - { name: up, match: { regex: '/up(?:/.*)?' }, respond: { body: ok } }
  - { name: rest, domains: ['*'], routes: [{ name: none, match: { prefix: / }, respond: { status: 404 } }] }
clusters:
  - name: cart
    endpoints: [cart.internal:80, { address: '[::1]:81', weight: 5, priority: 1 }]
    balancer: { policy: maglev }
    health_checks: [{ http: { path: /up, statuses: [200, 204-299] }, interval: 5s }]
    outlier_detection:
  - name: canary
    endpoints: [10.0.0.2:443]
    protocol: http2
    tls: { ca_file: ca.pem, server_name: cart.example, subject_alt_names: [{ suffix: .example }] }
filters:
  - { name: auth, module: { file: auth.wasm }, root_id: auth, configuration: { issuer: x, ttl: 5 }, capabilities: [headers] }
  - { name: limit, module: { digest: 'wasm:sha256:${'ab'.repeat(32)}' }, on_failure: open, limits: { memory: 8MiB } }
  - { name: jwt, module: { delivered: tokens, keys: [release, security], signatures: 2 } }
access_logs:
  - { stdout: true, json: { status: '%RESPONSE_CODE%', request: { path: '%REQ(:PATH)%' } } }
  - { file: errors.log, min_status: 500 }
delivery:
  server: quadrant.internal:9000
  node: gw-1
  trusted_keys: [{ name: release, file: release.pem }, { name: security, file: security.pem }]
  signatures: 1
  module_size: 16MiB
  state_directory: /var/lib/quadrant
admin:
drain: 10s
`

function good() {
  const { value, diagnostics } = checkGateway(GOOD)
  assert.deepEqual(diagnostics, [])
  assert.ok(value)
  return value
}

test('a file with a bit of everything is understood', () => {
  const spec = good()
  const [web, plain] = spec.listeners
  assert.deepEqual(
    [web?.protocols, web?.tls?.alpn, web?.tls?.clientCertificate, web?.virtualHosts, web?.filters],
    [['http2', 'http1'], ['h2', 'http/1.1'], 'required', ['shop', 'rest'], ['auth', 'limit', 'jwt']],
  )
  assert.deepEqual([web?.limits.headBytesMax, web?.limits.bodyBytesMax], [32_768, 10 * 1024 * 1024])
  assert.deepEqual([web?.timeouts.headMs, web?.timeouts.connectionMs], [5000, 5_400_000])
  assert.deepEqual(
    [plain?.virtualHosts, plain?.filters, plain?.limits.bodyBytesMax],
    [['shop'], [], Infinity],
  )
  const [shop] = spec.virtualHosts
  assert.deepEqual(shop?.domains, ['shop.example', '*.shop.example'])
  const [cart, old, up] = shop?.routes ?? []
  assert.deepEqual(cart?.match, {
    path: { kind: 'prefix', path: '/cart', isSegment: true },
    isCaseSensitive: true,
    methods: ['GET', 'POST'],
    headers: [
      { name: 'x-version', value: { kind: 'regex', pattern: 'v[0-9]+' }, isInverted: false },
      { name: 'x-beta', value: undefined, isInverted: true },
    ],
    query: [{ name: 'lang', value: { kind: 'exact', value: 'de', ignoreCase: false } }],
  })
  assert.ok(cart?.action.kind === 'forward')
  assert.deepEqual(cart.action.clusters, [
    { cluster: 'cart', weight: 90 },
    { cluster: 'canary', weight: 10 },
  ])
  assert.deepEqual(cart.action.hashPolicy, [
    { kind: 'cookie', name: 'sid', ttlMs: 0, path: '/', isTerminal: false },
    { kind: 'source-address', isTerminal: false },
  ])
  assert.deepEqual(cart.action.retry?.statuses, [503])
  assert.deepEqual(cart.rateLimit, { burst: 200, perInterval: 100, intervalMs: 1000, status: 429 })
  assert.ok(old?.action.kind === 'redirect')
  assert.deepEqual([old.action.status, old.action.scheme], [308, 'https'])
  assert.ok(up?.action.kind === 'respond')
  const [cluster, canary] = spec.clusters
  assert.deepEqual(cluster?.endpoints, [
    { host: 'cart.internal', port: 80, weight: 1, priority: 0 },
    { host: '::1', port: 81, weight: 5, priority: 1 },
  ])
  const [check] = cluster?.healthChecks ?? []
  assert.ok(check?.kind === 'http')
  assert.deepEqual(check.statuses, [
    { min: 200, max: 200 },
    { min: 204, max: 299 },
  ])
  assert.equal(cluster?.outliers?.consecutive5xx, 5)
  assert.equal(canary?.outliers, undefined)
  const [auth, limit] = spec.filters
  assert.deepEqual([auth?.configuration, auth?.capabilities], ['{"issuer":"x","ttl":5}', ['headers']])
  assert.deepEqual(
    [limit?.module, limit?.failurePolicy, limit?.capabilities, limit?.limits.memoryBytesMax],
    [
      {
        kind: 'digest',
        digest: `sha256:${'ab'.repeat(32)}`,
        signing: { keys: undefined, signaturesMin: undefined },
      },
      'open',
      FILTER_CAPABILITIES,
      8 << 20,
    ],
  )
  assert.deepEqual(spec.admin, { host: '127.0.0.1', port: 9901 })
  assert.equal(spec.delivery?.server, 'quadrant.internal:9000')
  assert.deepEqual([spec.delivery?.signaturesMin, spec.delivery?.moduleBytesMax], [1, 16 << 20])
  assert.deepEqual(spec.filters[2]?.module, {
    kind: 'delivered',
    name: 'tokens',
    signing: { keys: ['release', 'security'], signaturesMin: 2 },
  })
})

test('a gateway can be sent to another thread, and holds together there', () => {
  assert.deepEqual(findGatewayProblems(structuredClone(good())), [])
})

/** Whether it is said of the place where this text begins. */
function isAt({ range }: Diagnostic, source: string, text: string): boolean {
  return range !== undefined && source.startsWith(text, range.start)
}

/** The good file with one thing changed, and what is said of it: code, where, fix. */
const CASES: readonly (readonly [from: string, to: string, code: string, place: string, fix: RegExp])[] = [
  ['clusters:\n  - name: cart', 'cluster:\n  - name: cart', 'GATE002', 'cluster:', /^clusters$/],
  ['head_bytes', 'head_byte', 'GATE002', 'head_byte: 32KiB, body_b', /^head_bytes$/],
  ['policy: maglev', 'policy: magleff', 'GATE004', 'magleff }', /^maglev$/],
  ['32KiB', '32kb', 'GATE004', '32kb, body_bytes: 10MiB ', /head_bytes: 60KiB/],
  ['head: 5s', 'head: 5', 'GATE004', '5, connection: 1h30m }', /head: 10s/],
  ['0.0.0.0:8443', '0.0.0.0', 'GATE004', '0.0.0.0', /127\.0\.0\.1:8080/],
  ['0.0.0.0:8443', 'web.example:8443', 'GATE004', 'web.example:8443', /127\.0\.0\.1:8443/],
  ['    address: 0.0.0.0:8443\n', '', 'GATE005', 'name: web', /address/],
  ['prefix: /cart\n', 'prefix: /cart\n          path: /x\n', 'GATE014', '/cart', /remove prefix/],
  ['          prefix: /cart\n', '', 'GATE005', 'methods: [GET, POST]', /path/],
  ['path: /old }', 'path: old }', 'GATE004', 'old }, redirect: { https', /path: \//],
  ['path: /old }', 'path: /old?x=1 }', 'GATE004', '/old?x=1 }, redirect: { ', /^\/old$/],
  ['exact: de }', 'exact: de, prefix: d }', 'GATE014', 'd }]', /remove prefix/],
  ["'v[0-9]+'", "'v[0-9+'", 'GATE012', "'v[0-9+' }, { name: x-be", /\\\[/],
  ["'v[0-9]+'", "'(a)\\1'", 'GATE012', "'(a)\\1' }, { name: x-bet", /without/],
  ["'/up(?:/.*)?'", "'/up(?=/)'", 'GATE012', "'/up(?=/)' }, respond: {", /\(\?:/],
  [
    '{ name: cart, weight: 90 }',
    '{ name: card, weight: 90 }',
    'GATE006',
    'card, weight: 90 }, { na',
    /^cart$/,
  ],
  ['weight: 90', 'weight: -1', 'GATE004', '-1 }, { name: canary, we', /weight: 1/],
  ['virtual_hosts: [shop]', 'virtual_hosts: [shap]', 'GATE006', 'shap], filters: [] }', /^shop$/],
  ['filters: [] }', 'filters: [audit] }', 'GATE006', 'audit] }', /declare/],
  ['name: plain', 'name: web', 'GATE011', 'web, address: 127.0.0.1:', /own name/],
  ['127.0.0.1:8080', '0.0.0.0:8443', 'GATE011', '0.0.0.0:8443, protocols:', /own/],
  ["domains: ['*'],", 'domains: [shop.example],', 'GATE011', 'shop.example], routes: [', /one of them/],
  [
    "domains: ['*'],",
    "domains: ['sh*p.example'],",
    'GATE004',
    "'sh*p.example'], routes:",
    /\*\.example\.com/,
  ],
  [
    "domains: ['*'],",
    "domains: ['shop.example:80'],",
    'GATE004',
    "'shop.example:80'], rout",
    /\*\.example\.com/,
  ],
  ['set: { x-client:', 'set: { content-length:', 'GATE014', "content-length: '%DOWNST", /remove/],
  ['set: { x-client:', 'set: { host:', 'GATE014', "host: '%DOWNSTREAM_REMOT", /host_rewrite/],
  ['set: { x-client:', 'set: { "x client":', 'GATE004', '"x client": \'%DOWNSTREAM', /x-user/],
  [
    'REMOTE_ADDRESS_WITHOUT_PORT%',
    'REMOTE_ADRESS%',
    'GATE015',
    "'%DOWNSTREAM_REMOTE_ADRE",
    /%DOWNSTREAM_REMOTE_ADDRESS%/,
  ],
  ['%RESPONSE_CODE%', '%RESPONSE_CODE', 'GATE015', "'%RESPONSE_CODE', reques", /%%/],
  ['%REQ(:PATH)%', '%REQ(a b)%', 'GATE015', "'%REQ(a b)%' } } }", /%REQ\(X-REQUEST-ID\)%/],
  ['rewrite: { prefix: / }', "rewrite: { regex: '(a)', substitution: '\\2' }", 'GATE004', "'\\2' }", /^\\1$/],
  ['rewrite: { prefix: / }', "rewrite: { regex: '(a)' }", 'GATE005', "{ regex: '(a)' }", /substitution/],
  [
    'match: { path: /old }, redirect: { https: true, rewrite: { path',
    'match: { regex: /old }, redirect: { https: true, rewrite: { prefix',
    'GATE014',
    '/new }, status: 308 } }',
    /substitution/,
  ],
  [
    'redirect: { https: true, rewrite: { path: /new }, status: 308 }',
    'redirect: { status: 302 }',
    'GATE005',
    '{ status: 302 } }',
    /https/,
  ],
  ['status: 308', 'status: 309', 'GATE004', '309 } }', /301/],
  ['{ policy: maglev }', '{ policy: maglev, table_size: 65536 }', 'GATE004', '65536 }', /65537/],
  [
    '{ policy: maglev }',
    '{ policy: ring_hash, ring_size_min: 9, ring_size_max: 8 }',
    'GATE014',
    '9, ring_size_max: 8 }',
    /ring_size_max: 9/,
  ],
  ['http: { path: /up, statuses: [200, 204-299] }', 'grpc:', 'GATE014', 'grpc:, interval: 5s }]', /http2/],
  ['204-299', '299-204', 'GATE004', '299-204] }, interval: 5s', /200-299/],
  ['cart.internal:80', 'cart.internal:80, cart.internal:80', 'GATE011', 'cart.internal:80, { addr', /weight/],
  ['cart.internal:80', 'cart.internal:0', 'GATE004', 'cart.internal:0, { addre', /:80/],
  [
    'module: { file: auth.wasm }',
    'module: { file: auth.wasm, delivered: auth }',
    'GATE014',
    'auth }, root_id: auth, c',
    /remove delivered/,
  ],
  ['wasm:sha256:abab', 'sha256:abab', 'GATE004', "'sha256:abababababababab", /wasm:sha256:0/],
  ['capabilities: [headers]', 'capabilities: [header]', 'GATE004', 'header] }', /^headers$/],
  [
    'client_ca_file: clients.pem',
    'client_certificate: required',
    'GATE014',
    'certificates:',
    /client_ca_file/,
  ],
  ['tls: { ca_file: ca.pem,', 'tls: { cert_file: a.pem,', 'GATE005', '{ cert_file: a.pem, serv', /key_file/],
  [
    'trusted_keys: [{ name: release, file: release.pem }, { name: security, file: security.pem }]',
    'trusted_keys: []',
    'GATE005',
    'server: quadrant.interna',
    /trusted_keys/,
  ],
  [
    'keys: [release, security]',
    'keys: [release, securitty]',
    'GATE006',
    'securitty], signatures',
    /^security$/,
  ],
  ['signatures: 2', 'signatures: 3', 'GATE014', '3 } }', /signatures: 2/],
  ['keys: [release, security]', 'keys: [release]', 'GATE014', '2 } }', /signatures: 1/],
  ['  signatures: 1', '  signatures: 3', 'GATE014', '3\n  module_size', /signatures: 2/],
  ['delivered: tokens', 'delivered: limit', 'GATE011', 'limit, keys: [release, s', /another name/],
  [
    '{ file: auth.wasm }',
    '{ file: auth.wasm, signatures: 2 }',
    'GATE014',
    '2 }, root_id: auth, conf',
    /remove signatures/,
  ],
  ['cert_file: shop.pem, ', '', 'GATE005', '{ server_names: [shop.ex', /cert_file/],
  ['shop.pem', '"${env:CERT}"', 'GATE008', '"${env:CERT}", key_file:', /export CERT/],
  ['drain: 10s', 'drain: [', 'GATE001', '', /^$/],
  ['drain: 10s', 'drain: *x', 'GATE001', '*x', /value/],
  ['drain: 10s', 'drain: { a: 1 }', 'GATE004', '{ a: 1 }', /^$/],
]

for (const [from, to, code, place, fix] of CASES)
  test(`${code} at ${JSON.stringify(place)}: ${JSON.stringify(to)}`, () => {
    assert.ok(GOOD.includes(from))
    const source = GOOD.replace(from, () => to)
    const { value, diagnostics } = checkGateway(source, { file: 'g.yaml' })
    const errors = diagnostics.filter(({ severity }) => severity === 'error')
    const shown = errors.map((diagnostic) => formatDiagnostic(diagnostic, source))
    assert.equal(value, undefined)
    const found = errors.find((error) => error.code === code && isAt(error, source, place))
    assert.ok(found, `${code} at ${place} is not among\n${shown.join('\n')}`)
    assert.match(found.fix ?? '', fix)
    assert.match(shown[0] ?? '', /^error\[GATE\d{3}\] g\.yaml:\d+:\d+ /)
  })

const WARNINGS: readonly (readonly [from: string, to: string, code: string, place: string])[] = [
  ["%REQ(:PATH)%' }", "%REQ(Authorization)%' }", 'GATE016', "'%REQ(Authorization)%' }"],
  ['balancer: { policy: maglev }', 'balancer: {}', 'GATE007', '[{ cookie: { name: sid, '],
  ['prefix: /cart\n          methods: [GET, POST]', 'prefix: /\n          methods: []', 'none', ''],
  ['match: { path: /old }', 'match: { prefix: / }', 'GATE013', '{ name: up, match: { reg'],
  ['admin:', 'admin: { address: 0.0.0.0:9901 }', 'GATE010', '0.0.0.0:9901 }'],
  ['ca_file: ca.pem', 'verify: false', 'GATE010', 'false, server_name: cart'],
  ['{ name: canary, weight: 10 }', '', 'GATE007', 'canary'],
  ['statuses: [503]', 'statuses: []', 'GATE007', '{ on: [reset, retriable-'],
  ['timeout: 3s', 'timeout: 10ms', 'none', ''],
  ['retries: 2 }', 'retries: 2, per_try_timeout: 4s }', 'GATE007', '4s }'],
  ['endpoints: [10.0.0.2:443]', 'endpoints: []', 'GATE007', 'name: canary'],
]

for (const [from, to, code, place] of WARNINGS)
  test(`${code} is a warning at ${place}: ${JSON.stringify(to)}`, () => {
    assert.ok(GOOD.includes(from))
    const source = GOOD.replace(from, () => to)
    const { value, diagnostics } = checkGateway(source, { file: 'g.yaml' })
    assert.ok(value, diagnostics.map((diagnostic) => formatDiagnostic(diagnostic, source)).join('\n'))
    const shown = diagnostics.map((diagnostic) => formatDiagnostic(diagnostic, source))
    if (code === 'none') assert.deepEqual(shown, [])
    else
      assert.ok(
        diagnostics.length === 1 && diagnostics[0]!.code === code && isAt(diagnostics[0]!, source, place),
        shown.join('\n'),
      )
  })

test('whatever text it is, there is an answer and never a throw', () => {
  const lines = GOOD.split('\n')
  const line = fc.integer({ min: 0, max: lines.length - 1 })
  const piece = fc.constantFrom(
    '[',
    '{',
    '}',
    ']',
    ': ',
    '- ',
    '"',
    "'",
    '*',
    '&a',
    '${',
    '0',
    '-1',
    '\t',
    '~',
    '(',
    'é',
    '\u2028',
  )
  fc.assert(
    fc.property(line, line, fc.integer({ min: 0, max: 60 }), piece, (from, to, at, text) => {
      const copy = [...lines]
      const chosen = copy[from] ?? ''
      copy[from] = chosen.slice(0, at) + text + chosen.slice(at)
      copy[to] = copy[from]
      const { value, diagnostics } = checkGateway(copy.join('\n'))
      assert.equal(
        value === undefined,
        diagnostics.some(({ severity }) => severity === 'error'),
      )
      for (const diagnostic of diagnostics) formatDiagnostic(diagnostic, copy.join('\n'))
    }),
    { seed: 5, numRuns: 300 },
  )
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      checkGateway(text)
    }),
    { seed: 6, numRuns: 500 },
  )
})
