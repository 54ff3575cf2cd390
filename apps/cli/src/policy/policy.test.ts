import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkGateway } from '@quadrant/extend/gateway'
import { CliError } from '../cli-error.ts'
import { memoryContext } from '../testing/memory-context.ts'
import { runPolicyCheck } from './check.ts'
import { runPolicyCompile } from './compile.ts'
import { runPolicyDiff } from './diff.ts'
import { runPolicyExplain } from './explain-request.ts'

const SHOP = `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: web, namespace: shop }
spec:
  gatewayClassName: quadrant
  listeners: [{ name: http, port: 80, protocol: HTTP }]
---
apiVersion: v1
kind: Service
metadata: { name: cart, namespace: shop }
spec: { ports: [{ name: http, port: 8080 }] }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: cart, namespace: shop }
spec:
  parentRefs: [{ name: web }]
  rules:
    - backendRefs: [{ name: cart, port: 8080 }]
---
apiVersion: quadrant.dev/v1
kind: TimeoutPolicy
metadata: { name: all, namespace: shop }
spec:
  targetRefs: [{ kind: Gateway, name: web }]
  overrides: { request: 5s }
---
apiVersion: quadrant.dev/v1
kind: TimeoutPolicy
metadata: { name: cart, namespace: shop }
spec:
  targetRefs: [{ kind: HTTPRoute, name: cart }]
  request: 3s
`

const DENY = `---
apiVersion: quadrant.dev/v1
kind: AuthorizationPolicy
metadata: { name: cart, namespace: shop }
spec:
  targetRefs: [{ kind: HTTPRoute, name: cart }]
  rules:
    - { name: web, action: Allow, from: [{ principals: [spiffe://quadrant.local/ns/shop/sa/web] }] }
`

async function run(
  text: string,
  command: (context: ReturnType<typeof memoryContext>, folder: string) => Promise<void>,
) {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-policy-'))
  try {
    writeFileSync(join(folder, 'shop.yaml'), text)
    writeFileSync(join(folder, 'notes.txt'), 'no policy')
    const context = memoryContext()
    await command(context, folder)
    return { out: context.out().replaceAll(`${folder}/`, ''), exitCode: context.process.exitCode }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const CHECK = { output: 'table', openWorld: false } as const

test('check: warnings are no findings, errors are', async () => {
  const right = await run(SHOP, (context, folder) => runPolicyCheck(context, CHECK, folder))
  assert.match(right.out, /^warning\[POL041\] shop\.yaml:33:3 /)
  assert.match(right.out, /\n1 file, 4 resources: 0 errors, 1 warning\n$/)
  assert.equal(right.exitCode, undefined)
  const wrong = await run(SHOP.replace('request: 3s', 'requst: 3s'), (context, folder) =>
    runPolicyCheck(context, { ...CHECK, output: 'json' }, folder),
  )
  const { findings } = JSON.parse(wrong.out) as { readonly findings: readonly Record<string, unknown>[] }
  const first = findings.find(({ severity }) => severity === 'error')
  assert.deepEqual(
    [first!['code'], first!['line'], first!['column'], first!['fix']],
    ['POL010', 33, 3, 'request'],
  )
  assert.equal(wrong.exitCode, 1)
})

test('check: what a back end could not enforce is an error at its line', async () => {
  const grpc = SHOP.replace(
    'request: 3s',
    'request: 3s\n---\napiVersion: quadrant.dev/v1\nkind: RetryPolicy\nmetadata: { name: r, namespace: shop }\nspec: { targetRefs: [{ kind: HTTPRoute, name: cart }], attempts: 1, on: [GrpcUnavailable] }',
  )
  const { out, exitCode } = await run(grpc, (context, folder) =>
    runPolicyCheck(context, { ...CHECK, for: ['envoy', 'gateway'] }, folder),
  )
  assert.match(
    out,
    /error\[POL044\] shop\.yaml:38:\d+ gateway: the gateway does not try again for GrpcUnavailable/,
  )
  assert.doesNotMatch(out, /envoy:/)
  assert.equal(exitCode, 1)
})

test('compile: a file that the gateway takes, and resources of Envoy', async () => {
  const gateway = await run(SHOP, (context, folder) => runPolicyCompile(context, { to: 'gateway' }, folder))
  const { value, diagnostics } = checkGateway(gateway.out)
  assert.deepEqual(diagnostics, [])
  assert.equal(value?.clusters[0]?.endpoints[0]?.host, 'cart.shop.svc')
  const envoy = await run(SHOP, (context, folder) => runPolicyCompile(context, { to: 'envoy' }, folder))
  const { resources } = JSON.parse(envoy.out) as {
    readonly resources: readonly { readonly '@type': string }[]
  }
  assert.deepEqual(
    resources.map((resource) => resource['@type'].split('.').at(-1)),
    ['Cluster', 'RouteConfiguration', 'Listener'],
  )
  await assert.rejects(
    run(SHOP, (context, folder) => runPolicyCompile(context, { to: 'envoy', gateway: 'shop/other' }, folder)),
    (error) => error instanceof CliError && error.code === 'QDR-C016' && error.fix === '--gateway shop/web',
  )
})

test('explain: who decides, and who lost', async () => {
  const explain = (from?: string) =>
    run(SHOP + DENY, (context, folder) =>
      runPolicyExplain(
        context,
        { policies: [folder], output: 'table', ...(from === undefined ? {} : { from }) },
        'get',
        'http://shop.example/cart',
      ),
    )
  const denied = await explain()
  assert.match(denied.out, /^Gateway shop\/web: answered with 403, by authorization\n/)
  const allowed = await explain('spiffe://quadrant.local/ns/shop/sa/web')
  assert.match(allowed.out, /^Gateway shop\/web: goes to shop\/cart\/8080 \(100 %\)\n/)
  assert.match(allowed.out, /authorization {1}allow web {2}shop\.yaml:41:9/)
  assert.match(
    allowed.out,
    /TimeoutPolicy\.request = 5s {2}gateway, overrides, shop\.yaml:26:25\n {4}not 3s {2}route, shop\.yaml:33:12: it is overridden/,
  )
  await assert.rejects(
    run(SHOP, (context, folder) =>
      runPolicyExplain(context, { policies: [folder], output: 'json' }, 'GET', 'https://shop.example/'),
    ),
    (error) => error instanceof CliError && error.code === 'QDR-C016',
  )
})

test('diff: what is in force otherwise, whatever is written', async () => {
  const other = mkdtempSync(join(tmpdir(), 'quadrant-policy-old-'))
  try {
    const file = join(other, 'old.yaml')
    writeFileSync(file, SHOP.replace('request: 3s', 'request: 2s'))
    const same = await run(SHOP, (context, folder) => runPolicyDiff(context, {}, file, folder))
    assert.deepEqual(same, { out: 'both mean the same\n', exitCode: undefined })
    writeFileSync(file, SHOP.replace('request: 5s', 'request: 4s'))
    const changed = await run(SHOP, (context, folder) => runPolicyDiff(context, {}, file, folder))
    assert.equal(
      changed.out,
      '- shop/web:80 * http/shop/cart/0/0 TimeoutPolicy.request "4s"\n+ shop/web:80 * http/shop/cart/0/0 TimeoutPolicy.request "5s"\n',
    )
    assert.equal(changed.exitCode, 1)
  } finally {
    rmSync(other, { recursive: true })
  }
})
