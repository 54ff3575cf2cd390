import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GovernError } from '../error.ts'
import { definePolicy } from './define-policy.ts'
import { readDocument } from './document/read-document.ts'
import { KINDS, type KindName } from './kind/kinds.ts'
import { parseYaml } from './yaml/parse-yaml.ts'
import { plainOf } from './yaml/yaml-node.ts'

for (const { kind, example } of KINDS)
  test(`${kind} of a program is the same as of a file`, () => {
    const written = plainOf(parseYaml(example).root!) as Parameters<typeof definePolicy<KindName>>[0]
    assert.deepEqual(definePolicy(written), readDocument(example).resource)
  })

test('types of a spec are those of its kind', () => {
  const policy = definePolicy<'RateLimitPolicy'>({
    kind: 'RateLimitPolicy',
    metadata: { name: 'cart' },
    spec: {
      targetRefs: [{ kind: 'HTTPRoute', name: 'cart' }],
      limits: [
        {
          name: 'all',
          requests: 10,
          window: '1m30s',
          by: [{ type: 'Header', header: { name: 'x-tenant' } }],
        },
      ],
    },
  })
  const key = policy.spec.limits?.[0]?.by?.[0]
  assert.equal(key?.type === 'Header' && key.header.name, 'x-tenant')
  const window: `${string}s` | `${string}m` | `${string}h` | undefined = policy.spec.limits?.[0]?.window
  assert.equal(window, '1m30s')
})

test('what types cannot tell is an error with its reasons', () => {
  const define = () =>
    definePolicy({
      kind: 'TimeoutPolicy',
      metadata: { name: 'Cart' },
      spec: { targetRefs: [{ kind: 'HTTPRoute', name: 'cart' }], request: '1s', backendRequest: '99h' },
    })
  assert.throws(define, (error: unknown) => {
    assert.ok(error instanceof GovernError)
    assert.deepEqual(
      error.diagnostics.map(({ code }) => code),
      ['POL015', 'POL014'],
    )
    return true
  })
})

/** Never called: each mistake has to be one for the compiler, or it complains of the comment above it. */
export function wrongSpecs(): void {
  const metadata = { name: 'x' }
  const targetRefs = [{ kind: 'HTTPRoute', name: 'cart' }] as const
  // @ts-expect-error no such kind
  definePolicy({ kind: 'RateLimit', metadata, spec: { targetRefs } })
  // @ts-expect-error no such field
  definePolicy({ kind: 'TimeoutPolicy', metadata, spec: { targetRefs, reqest: '1s' } })
  // @ts-expect-error no duration
  definePolicy({ kind: 'TimeoutPolicy', metadata, spec: { targetRefs, request: 3 } })
  // @ts-expect-error no unit
  definePolicy({ kind: 'TimeoutPolicy', metadata, spec: { targetRefs, request: '3 seconds' } })
  // @ts-expect-error a target has a name
  definePolicy({ kind: 'TimeoutPolicy', metadata, spec: { targetRefs: [{ kind: 'Gateway' }] } })
  // @ts-expect-error no target
  definePolicy({ kind: 'TimeoutPolicy', metadata, spec: { request: '1s' } })
  // @ts-expect-error a name is needed
  definePolicy({ kind: 'TimeoutPolicy', metadata: {}, spec: { targetRefs, request: '1s' } })
  // @ts-expect-error not one of the words
  definePolicy({ kind: 'RetryPolicy', metadata, spec: { targetRefs, on: ['Sometimes'] } })
  // @ts-expect-error a number
  definePolicy({ kind: 'RetryPolicy', metadata, spec: { targetRefs, attempts: '2' } })
  const by = { type: 'Header', sourceAddress: {} } as const
  const limits = [{ name: 'a', requests: 1, window: '1s', by: [by] }] as const
  // @ts-expect-error the fields of another type of key
  definePolicy({ kind: 'RateLimitPolicy', metadata, spec: { targetRefs, limits } })
  // @ts-expect-error under overrides too
  definePolicy({ kind: 'HeaderPolicy', metadata, spec: { targetRefs, overrides: { request: { put: [] } } } })
  // @ts-expect-error a route of another kind
  definePolicy<'GRPCRoute'>({ kind: 'GRPCRoute', metadata, spec: { rules: [{ matches: [{ path: {} }] }] } })
  const filters = [{ type: 'RequestRedirect', requestRedirect: { statusCode: 200 } }] as const
  // @ts-expect-error a status that is no redirect
  definePolicy({ kind: 'HTTPRoute', metadata, spec: { rules: [{ filters }] } })
}
