import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KINDS } from '../kind/kinds.ts'
import { readDocument } from './read-document.ts'

for (const { kind, example } of KINDS)
  test(`the example of ${kind} is right`, () => {
    const { resource, problems } = readDocument(example)
    assert.deepEqual(problems, [])
    assert.equal(resource?.kind, kind)
  })

test('the AST has what was written, and defaults', () => {
  const { resource } = readDocument(`apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: cart }
spec:
  parentRefs: [{ name: web }]
  rules: [{ backendRefs: [{ name: cart, port: 80 }] }]
status: { anything: [1] }
`)
  assert.deepEqual(resource, {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'cart', namespace: 'default' },
    spec: {
      parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'web' }],
      rules: [
        {
          matches: [{ path: { type: 'PathPrefix', value: '/' } }],
          backendRefs: [{ group: '', kind: 'Service', name: 'cart', port: 80, weight: 1 }],
        },
      ],
    },
  })
})

test('a service of others is known by its ports', () => {
  const { foreign, problems } = readDocument(
    'apiVersion: v1\nkind: Service\nmetadata: { name: cart, namespace: shop, labels: { a: b } }\nspec: { ports: [{ port: 80, name: http }, { port: x }] }',
  )
  assert.deepEqual(problems, [])
  assert.deepEqual(foreign, {
    group: '',
    kind: 'Service',
    name: 'cart',
    namespace: 'shop',
    labels: { a: 'b' },
    content: undefined,
    ports: [{ name: 'http', port: 80, appProtocol: undefined }],
  })
})
