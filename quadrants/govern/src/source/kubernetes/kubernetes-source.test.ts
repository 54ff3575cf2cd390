import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { PolicyWorkspace } from '../../policy/policy-workspace.ts'
import type { DocumentChanges } from '../document-feed.ts'
import { ApiServer } from '../testing/api-server.ts'
import type { ApiRequester } from './api-request.ts'
import { kubernetesSource } from './kubernetes-source.ts'

const SERVICES = { apiVersion: 'v1', kind: 'Service', plural: 'services' }

async function follow(context: TestContext, kinds = [SERVICES]) {
  const server = new ApiServer('/api/v1/services')
  const base = await server.listen()
  const controller = new AbortController()
  context.after(async () => {
    controller.abort()
    await server[Symbol.asyncDispose]()
  })
  const request: ApiRequester = async ({ path, query, signal }) => {
    const response = await fetch(`${base}${path}?${new URLSearchParams({ ...query }).toString()}`, { signal })
    const after = response.headers.get('retry-after')
    return {
      status: response.status,
      retryAfterSeconds: after === null ? undefined : Number(after),
      body: response.body!,
    }
  }
  const texts = new Map<string, string>()
  let last: DocumentChanges | undefined
  const start = () => {
    const source = kubernetesSource({
      request,
      kinds,
      signal: controller.signal,
      retryMs: 2,
      random: () => 0.5,
    })
    const iterator = source[Symbol.asyncIterator]()
    return async (isDone: (last: DocumentChanges) => boolean) => {
      for (;;) {
        if (last && isDone(last)) return
        const { done, value } = await iterator.next()
        if (done) throw new Error('the source has ended')
        last = value
        for (const [name, text] of value.documents)
          if (text === undefined) texts.delete(name)
          else texts.set(name, text)
      }
    }
  }
  const isEqual = () =>
    texts.size === server.objects.size &&
    [...server.objects].every(([name, { metadata }]) =>
      texts
        .get(`kubernetes:shop/Service/${name}`)
        ?.includes(`"resourceVersion": "${metadata.resourceVersion}"`),
    )
  return { server, controller, start, texts, isEqual }
}

test('lists in pages, then follows', { timeout: 10_000 }, async (context) => {
  const { server, start, texts, isEqual, controller } = await follow(context)
  for (let index = 0; index < 8; index++) server.put(`s${index}`, { index })
  const until = start()
  await until(({ isSynced }) => isSynced)
  assert.equal(texts.size, 8)
  assert.match(texts.get('kubernetes:shop/Service/s0') ?? '', /"kind": "Service"/)
  server.put('s0', { index: 100 })
  server.delete('s1')
  server.put('new', {})
  await until(isEqual)
  controller.abort()
  while (server.watches.size > 0) await new Promise((resolve) => setTimeout(resolve, 5))
})

test(
  'goes on from a bookmark after the versions before are forgotten',
  { timeout: 10_000 },
  async (context) => {
    const { server, start, isEqual } = await follow(context)
    server.put('a', {})
    const until = start()
    await until(isEqual)
    while (server.watches.size === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    server.put('b', {})
    server.bookmark()
    await until(isEqual)
    await new Promise((resolve) => setTimeout(resolve, 20))
    server.forget()
    server.break()
    server.put('c', {})
    await until(isEqual)
    assert.equal(server.requests.filter((url) => !url.includes('watch=true')).length, 1)
  },
)

test('lists again after 410, and knows what has gone meanwhile', { timeout: 10_000 }, async (context) => {
  const { server, start, isEqual } = await follow(context)
  server.put('a', {})
  server.put('b', {})
  const until = start()
  await until(isEqual)
  server.failure = { status: 503 }
  const requestCount = server.requests.length
  server.break()
  while (server.requests.length < requestCount + 2) await new Promise((resolve) => setTimeout(resolve, 1))
  server.delete('a')
  server.put('c', {})
  server.forget()
  server.failure = undefined
  await until(isEqual)
})

test(
  'refusals and events without sense are problems until they are over',
  { timeout: 10_000 },
  async (context) => {
    const { server, start, isEqual } = await follow(context)
    server.put('a', {})
    server.failure = { status: 403 }
    const until = start()
    await until(({ problems }) => problems.get('kubernetes:v1/Service') === 'refused by the test')
    server.failure = undefined
    await until((last) => isEqual() && last.problems.size === 0)
    while (server.watches.size === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    server.send('{"type":"MODIFIED"}\n')
    await until(({ problems }) => problems.size === 1)
    server.put('b', {})
    await until((last) => isEqual() && last.problems.size === 0)
  },
)

test('a kind that the server does not have is empty', { timeout: 10_000 }, async (context) => {
  const gateways = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway', plural: 'gateways' }
  const { start, texts } = await follow(context, [gateways])
  await start()(({ isSynced, problems }) => isSynced && problems.size === 0)
  assert.equal(texts.size, 0)
})

test('whatever breaks, in the end all is as the server has it', { timeout: 20_000 }, async (context) => {
  let seed = 7
  const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below
  const { server, start, isEqual } = await follow(context)
  const until = start()
  for (let step = 0; step < 400; step++) {
    const name = `s${random(20)}`
    const what = random(20)
    if (what < 10) server.put(name, { step })
    else if (what < 15) server.delete(name)
    else if (what === 15) server.break()
    else if (what === 16) server.forget()
    else if (what === 17) server.bookmark()
    else if (what === 18) {
      server.send('{"type":"MODIFIED","object":{"meta')
      server.break()
    } else await new Promise((resolve) => setTimeout(resolve, random(10)))
  }
  await until(isEqual)
  assert.ok(server.watches.size <= 1)
})

test('a workspace takes the documents as they are', { timeout: 10_000 }, async (context) => {
  const { server, start, texts } = await follow(context)
  server.put('cart', { ports: [{ port: 80 }] })
  await start()(({ isSynced }) => isSynced)
  const workspace = new PolicyWorkspace({ isOpenWorld: true })
  for (const [name, text] of texts) workspace.setFile(name, text)
  assert.deepEqual(workspace.findings(), [])
  assert.deepEqual(
    workspace.world().services.map(({ namespace, name }) => `${namespace}/${name}`),
    ['shop/cart'],
  )
})
