import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { ExtendError } from '../error.ts'
import { loadHttp1, loadHttp2 } from './testing/load.ts'
import { exchangeBytes, RawClient } from './testing/raw-client.ts'
import { helloUpstream, rawUpstream } from './testing/raw-upstream.ts'
import { gatewaySpec, simpleYaml, testGateway } from './testing/test-gateway.ts'

const GET = 'GET /a HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('a configuration is taken again and again under load, and no request fails', async (t) => {
  const upstream = await helloUpstream(t)
  const yaml = simpleYaml(upstream.port)
  const { port, gateway } = await testGateway(t, yaml)
  const loads = [loadHttp1(port, 8), loadHttp2(port, 8)]
  const count = () => loads.reduce((sum, load) => sum + load.count(), 0)
  for (let i = 0; i < 40; i++) {
    const before = count()
    // Each second one has another cluster, whose connections are new.
    await gateway.reload(
      gatewaySpec(i % 2 === 0 ? yaml : yaml.replace('{ name: up,', '{ name: up, connect_timeout: 3s,')),
    )
    while (count() < before + 20) await later(1)
  }
  const ends = await Promise.all(loads.map((load) => load.end()))
  assert.deepEqual(
    ends.flatMap(({ failures }) => failures),
    [],
  )
  const stats = gateway.stats()
  assert.equal(stats.generation, 41)
  assert.equal(
    stats.listeners['main']?.responses2xx,
    ends.reduce((sum, { okCount }) => sum + okCount, 0),
  )
})

test('draining lets what is under way end, accepts no more, and fails nothing', async (t) => {
  const upstream = await rawUpstream(t, (socket, received) => {
    const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'
    if (received.includes('/slow')) setTimeout(() => socket.write(answer), 300)
    else socket.write(answer)
  })
  const { port, gateway } = await testGateway(t, simpleYaml(upstream.port))
  using idle = new RawClient(port)
  idle.send('GET /direct HTTP/1.1\r\nhost: a\r\n\r\n')
  await idle.until((text) => text.endsWith('direct'))
  using slow = new RawClient(port)
  slow.send('GET /slow HTTP/1.1\r\nhost: a\r\n\r\n')
  const load = loadHttp2(port, 4)
  while (load.count() < 50 || !upstream.received.join('').includes('/slow')) await later(1)
  const drained = gateway.drain(3000)
  assert.doesNotMatch(await idle.end(), /408/)
  await later(50)
  const ended = load.end()
  assert.match(await slow.end(), /connection: close\r\n[^]*ok$/)
  assert.equal(await drained, true)
  const { failures } = await ended
  // Who comes again finds the door closed, which is no failed request.
  assert.deepEqual(
    failures.filter((text) => !text.includes('ECONNREFUSED')),
    [],
  )
  assert.equal(await exchangeBytes(port, GET), '')
})

test('what does not end in time is cut off', async (t) => {
  const upstream = await rawUpstream(t, () => {})
  const { port, gateway } = await testGateway(t, simpleYaml(upstream.port))
  using client = new RawClient(port)
  client.send(GET)
  while (upstream.received.length === 0) await later(1)
  assert.equal(await gateway.drain(50), false)
  assert.equal(await client.end(), '')
})

test('a configuration that cannot be taken changes nothing', async (t) => {
  const upstream = await helloUpstream(t)
  const { port, gateway } = await testGateway(t, simpleYaml(upstream.port))
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.after(() => taken.close())
  const address = taken.address()
  const takenPort = typeof address === 'object' ? address?.port : 0
  const other = simpleYaml(1).replace('main', 'other').replace(':0', `:${takenPort}`)
  await assert.rejects(gateway.reload(gatewaySpec(other)), (error) => {
    assert.ok(error instanceof ExtendError)
    assert.equal(error.code, 'unavailable')
    return true
  })
  const missing = ', tls: { certificates: [{ cert_file: /nowhere.pem, key_file: /nowhere.key }] }'
  await assert.rejects(gateway.reload(gatewaySpec(simpleYaml(1, { listener: missing }))), /nowhere\.pem/)
  assert.match(await exchangeBytes(port, GET), /hello \/a$/)
  assert.deepEqual([gateway.stats().generation, Object.keys(gateway.stats().listeners)], [1, ['main']])
})

test('connections of clusters that have not changed are kept, and those of others end', async (t) => {
  const upstream = await helloUpstream(t)
  const yaml = simpleYaml(upstream.port)
  const { port, gateway } = await testGateway(t, yaml)
  await exchangeBytes(port, GET)
  await gateway.reload(gatewaySpec(yaml))
  await exchangeBytes(port, GET)
  assert.equal(upstream.sockets.length, 1)
  const closed = once(upstream.sockets[0]!, 'close')
  await gateway.reload(gatewaySpec(yaml.replace('{ name: up,', '{ name: up, connect_timeout: 3s,')))
  await closed
  await exchangeBytes(port, GET)
  assert.equal(upstream.sockets.length, 2)
})

test('names are looked up again, and where they lead requests go', async (t) => {
  const upstream = await helloUpstream(t)
  let addresses: string[] = []
  const yaml = simpleYaml(upstream.port, { cluster: ', dns: { refresh: 100ms }' })
  const { port, gateway } = await testGateway(t, yaml.replace('[127.0.0.1:', '[up.example:'), {
    resolve: async (host) => (host === 'up.example' ? addresses : []),
  })
  const endpoints = () => Object.keys(gateway.stats().clusters['up']?.byEndpoint ?? {})
  assert.match(await exchangeBytes(port, GET), /^HTTP\/1\.1 503 /)
  addresses = ['127.0.0.1']
  while (endpoints().length === 0) await later(20)
  assert.match(await exchangeBytes(port, GET), /hello \/a$/)
  const closed = once(upstream.sockets[0]!, 'close')
  addresses = ['127.0.0.2']
  await closed
  assert.deepEqual(endpoints(), [`127.0.0.2:${upstream.port}`])
})

test('an endpoint that fails its checks gets nothing, until it is well again', async (t) => {
  let isWell = false
  const sick = await rawUpstream(t, (socket, received) => {
    const status = received.startsWith('GET /health') && !isWell ? '500 No' : '200 OK'
    socket.write(`HTTP/1.1 ${status}\r\ncontent-length: 4\r\nconnection: close\r\n\r\nsick`)
  })
  const well = await helloUpstream(t)
  const cluster =
    ', health_checks: [{ http: { path: /health }, interval: 100ms, unhealthy_threshold: 1, healthy_threshold: 1 }]'
  const yaml = simpleYaml(well.port, { cluster }).replace(
    `[127.0.0.1:${well.port}]`,
    `[127.0.0.1:${well.port}, 127.0.0.1:${sick.port}]`,
  )
  const { port, gateway } = await testGateway(t, yaml)
  const healthy = () => gateway.stats().clusters['up']?.endpointsHealthy
  while (healthy() !== 1) await later(10)
  for (let i = 0; i < 6; i++) assert.match(await exchangeBytes(port, GET), /hello \/a$/)
  isWell = true
  while (healthy() !== 2) await later(10)
  const answers = new Set<string>()
  for (let i = 0; i < 6; i++) answers.add((await exchangeBytes(port, GET)).slice(-4))
  assert.deepEqual([...answers].sort(), ['o /a', 'sick'])
})
