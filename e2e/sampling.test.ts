// Requests that ask to be captured, among many that do not, at full load; and rules that change meanwhile.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { promisify } from 'node:util'
import { TestCgroup } from '../quadrants/observe/src/l7/kernel/testing/test-cgroup.ts'
import { call } from './api.ts'
import { eventually, RunningQuadrant } from './quadrant.ts'
import { curlOnce } from './requests/clients.ts'
import { GuestPrograms, portOf, startHttp2Peer, startLogged } from './requests/servers.ts'
import { requestDrops, requestReport, Told } from './requests/told.ts'
import { WARM_UP } from './requests/served.ts'
import { FULL, missing } from './requirements.ts'

const run = promisify(execFile)
const COUNT = FULL ? 50_000 : 10_000
const EVERY = 1000
const RULE_CHANGES = FULL ? 100 : 8
const skip = missing('go')

interface Header {
  readonly name: string
  readonly value: string
}

interface Captured {
  readonly process?: string
  readonly durationNs?: number
  readonly traceId?: string
  readonly request: {
    readonly method?: string
    readonly target?: string
    readonly httpStatus?: number
    readonly rule?: string
    readonly responseStartNs?: number
    readonly responseBytes?: number
    readonly serverPort?: number
    readonly source?: string
    readonly headersOmitted?: number
    readonly requestHeaders?: readonly Header[]
    readonly responseHeaders?: readonly Header[]
  }
}

async function listCaptured(data: string): Promise<readonly Captured[]> {
  const all: Captured[] = []
  for (let before = 0; ;) {
    const { requests = [], nextBefore = 0 } = await call<{
      readonly requests?: readonly Captured[]
      readonly nextBefore?: number
    }>(data, 'ListRequests', {
      range: { startNs: (Date.now() - 600_000) * 1e6, endNs: (Date.now() + 2000) * 1e6 },
      limit: 1000,
      before,
    })
    all.push(...requests)
    if (nextBefore === 0) return all
    before = nextBefore
  }
}

const headerOf = (of: readonly Header[] | undefined, name: string) =>
  of?.find((header) => header.name.toLowerCase() === name)?.value

test('one of a thousand asks: each is captured whole, and no other', { skip }, async () => {
  using guests = new GuestPrograms()
  await using cgroup = new TestCgroup()
  await using peer = await startHttp2Peer(cgroup, guests)
  await using server = await startLogged(cgroup, 'Go', guests.httpserve, ['serve', '127.0.0.1:0'])
  await using product = await RunningQuadrant.start(['--requests', '*'])
  await call(product.data, 'SetSampling', {
    rules: [{ id: 'high', header: 'X-Trace-Sampling', value: 'high' }],
    capturesPerSecondMax: 10_000,
  })
  const told = new Told(product.data, Date.now() - 60_000)
  await eventually('the rule holds', async () => {
    await (await fetch(`http://127.0.0.1:${server.port}${WARM_UP}`)).text()
    const { generation = 0, services = 0 } = await requestReport(product.data)
    return generation > 0 && services > 0 ? true : undefined
  })
  const expected: string[] = []
  for (const kind of ['http', 'grpc'] as const) {
    const { stdout } = await run(guests.http2ask, ['sampled', kind, peer[kind], String(COUNT), String(EVERY)])
    const { asked } = JSON.parse(stdout) as { asked: readonly string[] }
    expected.push(...asked.map((id) => `${kind} ${id}`))
  }
  const url = `http://127.0.0.1:${server.port}/orders/`
  // HTTP/1: beside a load that asks for nothing.
  const load = spawn(guests.httpask, ['load', `${url}0`], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(load.stdout, 'data')
  load.stdin.write('3000 32\n')
  for (let i = 1; i <= 30; i++) {
    const headers = {
      'X-TRACE-sampling': 'HIGH',
      'x-request': String(i),
      authorization: 'Bearer s3cret-s3cret',
    }
    const body = await (await fetch(`${url}${i}?page=${i}`, { headers })).text()
    assert.equal(body, 'hello')
    expected.push(`http1 ${i}`)
    await sleep(50)
  }
  load.stdin.end()
  await once(load, 'exit')
  const captured = await eventually('all are captured', async () => {
    const all = await listCaptured(product.data)
    return all.length >= expected.length ? all : undefined
  })
  const kindOf = ({ target = '' }: Captured['request']) =>
    target.startsWith('/orders/') ? 'http1' : target.startsWith('/shop.') ? 'grpc' : 'http'
  assert.deepEqual(
    captured
      .map(({ request }) => `${kindOf(request)} ${headerOf(request.requestHeaders, 'x-request')}`)
      .toSorted(),
    expected.toSorted(),
  )
  for (const { request, durationNs = 0, traceId, process: owner = '' } of captured) {
    const kind = kindOf(request)
    assert.equal(request.rule, 'high')
    assert.equal(request.headersOmitted ?? 0, 0)
    // Of HTTP/1 in packets the response's end is not seen.
    assert.ok((kind === 'http1' ? (request.responseStartNs ?? 0) : durationNs) > 0)
    assert.notEqual(owner, '')
    assert.equal(headerOf(request.requestHeaders, 'x-trace-sampling')?.toLowerCase(), 'high')
    assert.equal(headerOf(request.requestHeaders, 'authorization'), '[redacted]')
    assert.equal(request.httpStatus, 200)
    if (kind === 'http1') {
      const number = headerOf(request.requestHeaders, 'x-request')
      assert.equal(request.target, `/orders/${number}?page=${number}`)
      assert.equal(headerOf(request.responseHeaders, 'content-length'), '5')
    } else {
      assert.match(traceId ?? '', /^0*[1-9a-f][0-9a-f]*$/)
      assert.equal(headerOf(request.requestHeaders, 'x-long')?.length, 500)
    }
  }
  const drops = await requestDrops(product.data)
  assert.deepEqual(
    [...drops].filter(([key]) => /head|captur/i.test(key)),
    [],
  )
  for (const kind of ['http', 'grpc'] as const) {
    const { total = {} } = await told.get(`port:${portOf(peer[kind])}`)
    assert.equal(total.requests, COUNT)
  }
})

test(
  'what asks within TLS of Go, and in precise mode, is captured once, pipelined or not',
  { skip },
  async () => {
    using guests = new GuestPrograms()
    await using cgroup = new TestCgroup()
    await using plain = await startLogged(cgroup, 'Go', guests.httpserve, ['serve', '127.0.0.1:0'])
    await using tls = await startLogged(cgroup, 'Go TLS', guests.httpserve, ['serve', '127.0.0.1:0', 'tls'])
    await using product = await RunningQuadrant.start(['--requests', '*'])
    await product.run(['requests', 'set', '--precise', 'httpserve'])
    await call(product.data, 'SetSampling', {
      rules: [{ id: 'high', header: 'X-Trace-Sampling', value: 'high' }],
      capturesPerSecondMax: 10_000,
    })
    await eventually('both are observed', async () => {
      await curlOnce(`https://127.0.0.1:${tls.port}${WARM_UP}`)
      await curlOnce(`http://127.0.0.1:${plain.port}${WARM_UP}`)
      const { generation = 0, preciseServices = 0, tlsProcesses = 0 } = await requestReport(product.data)
      return generation > 0 && preciseServices > 0 && tlsProcesses >= 2 ? true : undefined
    })
    await sleep(1500)
    const head = (i: number, asks: boolean) =>
      `GET /orders/${i}?token=s3cret HTTP/1.1\r\nHost: test\r\nX-Request: ${i}\r\nCookie: id=s3cret\r\n${asks ? 'X-TRACE-Sampling: HIGH\r\n' : ''}\r\n`
    const expected: string[] = []
    for (const name of ['plain', 'tls'] as const) {
      const socket =
        name === 'tls'
          ? connectTls({ port: tls.port, host: '127.0.0.1', rejectUnauthorized: false })
          : connect(plain.port, '127.0.0.1')
      await once(socket, name === 'tls' ? 'secureConnect' : 'connect')
      socket.resume()
      // A hundred in one write, each tenth asks; then some in pieces.
      let text = ''
      for (let i = 0; i < 100; i++) text += head(i, i % 10 === 5)
      socket.write(text)
      for (let i = 100; i < 103; i++)
        for (const byte of head(i, i === 101)) {
          socket.write(byte)
          await sleep(1)
        }
      for (let i = 5; i < 100; i += 10) expected.push(`${name} ${i}`)
      expected.push(`${name} 101`)
      await sleep(500)
      socket.destroy()
    }
    const captured = await eventually('all are captured', async () => {
      const all = await listCaptured(product.data)
      return all.length >= expected.length ? all : undefined
    })
    assert.deepEqual(
      captured
        .map(
          ({ request }) =>
            `${request.serverPort === tls.port ? 'tls' : 'plain'} ${headerOf(request.requestHeaders, 'x-request')}`,
        )
        .toSorted(),
      expected.toSorted(),
    )
    for (const { request, durationNs = 0, process: owner = '' } of captured) {
      const isTls = request.serverPort === tls.port
      assert.equal(request.source, isTls ? 'REQUEST_SOURCE_TLS' : 'REQUEST_SOURCE_SOCKETS')
      assert.equal(
        request.target,
        `/orders/${headerOf(request.requestHeaders, 'x-request')}?token=[redacted]`,
      )
      assert.equal(headerOf(request.requestHeaders, 'cookie'), '[redacted]')
      assert.equal(headerOf(request.responseHeaders, 'content-length'), '5')
      assert.deepEqual([request.httpStatus, request.responseBytes], [200, 5])
      assert.ok(durationNs > 0)
      assert.ok(owner.includes(`/${isTls ? tls.pid : plain.pid}@`), owner)
    }
  },
)

test(
  'rules that change under load hold within a second, and nothing that asked goes uncounted',
  { skip },
  async (t) => {
    using guests = new GuestPrograms()
    await using cgroup = new TestCgroup()
    await using server = await startLogged(cgroup, 'Go', guests.httpserve, ['serve', '127.0.0.1:0'])
    await using product = await RunningQuadrant.start(['--requests', '*'])
    const set = (cap: number, header: string, probe: string) =>
      call(product.data, 'SetSampling', {
        rules: [
          { id: 'probe', header: probe },
          { id: 'any', header, capturesPerSecondMax: cap },
        ],
        capturesPerSecondMax: 10_000,
      })
    await set(5, 'x-asks', 'x-probe')
    const get = (headers: Record<string, string>) =>
      fetch(`http://127.0.0.1:${server.port}/orders/1`, { headers }).then((response) => response.text())
    await eventually('the rule holds', async () => {
      await get({})
      const { generation = 0, services = 0 } = await requestReport(product.data)
      return generation > 0 && services > 0 ? true : undefined
    })
    const before = await requestReport(product.data)
    const over = new AbortController()
    let asked = 0
    const ask = async () => {
      while (!over.signal.aborted) {
        // All of them match every rule that there will be.
        await get({ 'x-asks': '1', 'x-asks-too': '1' })
        asked++
      }
    }
    const asking = [ask(), ask(), ask()]
    let slowestMs = 0
    for (let change = 0; change < RULE_CHANGES; change++) {
      const { generation = 0 } = await requestReport(product.data)
      const startMs = Date.now()
      await set(5 + (change % 7), change % 2 === 0 ? 'x-asks-too' : 'x-asks', `x-probe-${change}`)
      const effectiveMs = await eventually('the change holds', async () => {
        const report = await requestReport(product.data)
        return (report.generation ?? 0) > generation ? (report.effectiveNs ?? 0) / 1e6 : undefined
      })
      slowestMs = Math.max(slowestMs, effectiveMs - startMs)
      // One that asks by the rules as they are now, and one by those before.
      await get({ [`x-probe-${change}`]: 'now' })
      await get({ [`x-probe-${change - 1}`]: 'before' })
      asked++
    }
    over.abort()
    await Promise.all(asking)
    const counted = await eventually('all that asked are counted', async () => {
      const { captures = 0, capturesCapped = 0 } = await requestReport(product.data)
      const count = captures + capturesCapped - (before.captures ?? 0) - (before.capturesCapped ?? 0)
      return count >= asked ? count : undefined
    })
    assert.equal(counted, asked)
    const probes = (await listCaptured(product.data)).filter(({ request }) => request.rule === 'probe')
    const valuesOf = ({ request }: Captured) =>
      (request.requestHeaders ?? [])
        .filter(({ name }) => name.startsWith('x-probe-'))
        .map(({ value }) => value)
    assert.deepEqual(
      probes.flatMap(valuesOf),
      Array.from({ length: RULE_CHANGES }, () => 'now'),
    )
    t.diagnostic(`${asked} asked, ${RULE_CHANGES} changes, the slowest held after ${slowestMs.toFixed(0)} ms`)
    assert.ok(slowestMs < 1000)
  },
)
