import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { test } from 'node:test'
import { status } from '@grpc/grpc-js'
import { create } from '@bufbuild/protobuf'
import { endpoint } from '@quadrant/proto/envoy'
import { GovernError } from '../error.ts'
import type { XdsClient as XdsClientClaim } from './admission.ts'
import { type XdsResource, toResource } from './resource.ts'
import { RESOURCE_TYPES } from './resource-type.ts'
import { listen, XdsClient } from './testing/xds-client.ts'
import { XdsServer } from './xds-server.ts'

const EDS = RESOURCE_TYPES.find(({ name }) => name === 'EDS')!
const CDS = RESOURCE_TYPES.find(({ name }) => name === 'CDS')!
const NODE = { id: 'proxy', cluster: 'shop' }
const noName = () => ''

function endpoints(clusterName: string, overprovisioningFactor = 100): XdsResource {
  const message = { clusterName, policy: { overprovisioningFactor } }
  return toResource(
    endpoint.ClusterLoadAssignmentSchema,
    create(endpoint.ClusterLoadAssignmentSchema, message),
  )
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(5)
}

test('status knows of each proxy which version it took, and what it said of one that it did not', async () => {
  const xds = new XdsServer()
  xds.update({ set: [endpoints('a'), endpoints('b')] })
  using listener = await listen(xds)
  using client = new XdsClient(listener.address, noName, true)
  client.sayDelta({ node: NODE, typeUrl: EDS.typeUrl, resourceNamesSubscribe: ['a', 'b'] })
  const first = await client.response(0)
  const states = () =>
    xds.status().streams[0]?.types[0]?.resources.map(({ name, state }) => `${name} ${state}`)
  assert.deepEqual(states(), ['a sent', 'b sent'])
  client.sayDelta({ typeUrl: EDS.typeUrl, responseNonce: first.nonce })
  await until(() => xds.counts().acknowledged === 1)
  assert.deepEqual(states(), ['a acknowledged', 'b acknowledged'])
  xds.update({ set: [endpoints('b', 120)] })
  const second = await client.response(1)
  const errorDetail = { code: 3, message: 'b is wrong' }
  client.sayDelta({ typeUrl: EDS.typeUrl, responseNonce: second.nonce, errorDetail })
  await until(() => xds.counts().rejected === 1)
  assert.deepEqual(states(), ['a acknowledged', 'b rejected'])
  assert.equal(xds.status().streams[0]!.types[0]!.rejection, 'b is wrong')
  xds.update({ set: [endpoints('b', 130)] })
  client.sayDelta({ typeUrl: EDS.typeUrl, responseNonce: (await client.response(2)).nonce })
  await until(() => xds.counts().acknowledged === 2)
  assert.deepEqual(states(), ['a acknowledged', 'b acknowledged'])
  assert.equal(xds.status().streams[0]!.types[0]!.rejection, undefined)
  assert.deepEqual(xds.status().streams[0]!.node, NODE)
})

for (const type of RESOURCE_TYPES)
  test(`${type.name} has a service of its own, in both variants`, async () => {
    const xds = new XdsServer()
    xds.update({ set: [{ typeUrl: type.typeUrl, name: 'x', value: Buffer.from([10, 1, 120]) }] })
    using listener = await listen(xds)
    const name = (value: Uint8Array) => Buffer.from(value).toString('utf8', 2)
    using whole = new XdsClient(listener.address, name, false, `/${type.service}/${type.streamMethod}`)
    whole.say({ node: NODE, resourceNames: ['x'] })
    assert.deepEqual((await whole.response(0)).names, ['x'])
    using delta = new XdsClient(listener.address, name, true, `/${type.service}/${type.deltaMethod}`)
    delta.sayDelta({ node: NODE, resourceNamesSubscribe: ['x'] })
    assert.deepEqual((await delta.response(0)).names, ['x'])
    using other = new XdsClient(listener.address, name, true, `/${type.service}/${type.deltaMethod}`)
    other.sayDelta({ node: NODE, typeUrl: type === CDS ? EDS.typeUrl : CDS.typeUrl })
    assert.equal(await other.ended, status.INVALID_ARGUMENT)
  })

test('after clients have left in every way, nothing of them remains', { timeout: 60_000 }, async () => {
  const xds = new XdsServer()
  xds.update({ set: [endpoints('a')] })
  using listener = await listen(xds)
  const leave: readonly ((client: XdsClient) => void)[] = [
    (client) => client.call.cancel(),
    (client) => client.call.end(),
    (client) => client.call.write(Buffer.from([0xff, 0xff])),
    (client) => client[Symbol.dispose](),
  ]
  for (let turn = 0; turn < 100; turn++) {
    using client = new XdsClient(listener.address, noName, turn % 3 !== 0)
    const names = ['a', `missing-${turn}`]
    if (turn % 3 === 0) client.say({ node: NODE, typeUrl: EDS.typeUrl, resourceNames: names })
    else client.sayDelta({ node: NODE, typeUrl: EDS.typeUrl, resourceNamesSubscribe: ['*', ...names] })
    if (turn % 2 === 0) await client.response(0)
    xds.update({ set: [endpoints('a', 100 + turn)] })
    leave[turn % leave.length]!(client)
  }
  await until(() => xds.counts().streams === 0)
  assert.equal(xds.counts().watches, 0)
  assert.deepEqual(xds.status().streams, [])
})

test('a client that never answers holds one response, and delays nobody', async () => {
  const xds = new XdsServer()
  xds.update({ set: [endpoints('a')] })
  using listener = await listen(xds)
  using silent = new XdsClient(listener.address, noName, true)
  using lively = new XdsClient(listener.address, noName, true)
  for (const client of [silent, lively]) client.sayDelta({ node: NODE, typeUrl: EDS.typeUrl })
  await silent.response(0)
  for (let round = 0; round < 50; round++) {
    lively.sayDelta({ typeUrl: EDS.typeUrl, responseNonce: (await lively.response(round)).nonce })
    await until(() => xds.counts().acknowledged === round + 1)
    // Names that come and go are no more to tell than none.
    xds.update({ set: [endpoints('a', 101 + round), endpoints(`passing-${round}`)] })
    xds.update({ remove: [{ typeUrl: EDS.typeUrl, name: `passing-${round}` }] })
  }
  await lively.response(50)
  assert.equal(silent.received.length, 1)
  silent.sayDelta({ typeUrl: EDS.typeUrl, responseNonce: silent.received[0]!.nonce })
  const next = await silent.response(1)
  assert.deepEqual([next.names, next.removed], [['a'], []])
})

test('what is over a limit ends the stream, and is counted', async () => {
  const xds = new XdsServer({ limits: { streamsMax: 2, namesMax: 3, nodeBytesMax: 64 } })
  using listener = await listen(xds)
  using names = new XdsClient(listener.address, noName, false)
  names.say({ node: NODE, typeUrl: EDS.typeUrl, resourceNames: ['a', 'b', 'c', 'd'] })
  assert.equal(await names.ended, status.RESOURCE_EXHAUSTED)
  using large = new XdsClient(listener.address, noName, true)
  large.sayDelta({ node: { id: 'x'.repeat(64) }, typeUrl: EDS.typeUrl })
  assert.equal(await large.ended, status.RESOURCE_EXHAUSTED)
  using nobody = new XdsClient(listener.address, noName, true)
  nobody.sayDelta({ typeUrl: EDS.typeUrl })
  assert.equal(await nobody.ended, status.INVALID_ARGUMENT)
  const open = [0, 1].map(() => new XdsClient(listener.address, noName, true))
  for (const client of open) client.sayDelta({ node: NODE, typeUrl: EDS.typeUrl })
  await until(() => xds.counts().streams === 2)
  using third = new XdsClient(listener.address, noName, true)
  third.sayDelta({ node: NODE, typeUrl: EDS.typeUrl })
  assert.equal(await third.ended, status.RESOURCE_EXHAUSTED)
  for (const client of open) client[Symbol.dispose]()
  assert.equal(xds.counts().refused, 4)
  await until(() => xds.counts().streams === 0)
  assert.equal(xds.counts().watches, 0)
})

test('a change that names what is not served changes nothing', () => {
  const xds = new XdsServer()
  const wrong = { typeUrl: 'type.googleapis.com/google.protobuf.Struct', name: 'x', value: Buffer.alloc(0) }
  for (const set of [[endpoints('a'), wrong], [{ ...endpoints('a'), name: '*' }]])
    assert.throws(
      () => xds.update({ set }),
      (error) => error instanceof GovernError && error.code === 'argument',
    )
  assert.equal(xds.update({ set: [endpoints('a')] }), 1)
  assert.equal(xds.update({ set: [endpoints('a')] }), 0)
  assert.equal(xds.update({ remove: [endpoints('a'), endpoints('a')] }), 1)
})

test('who is not let in is refused, and counted; who is, is known by what it says and where it comes from', async () => {
  const asked: XdsClientClaim[] = []
  const xds = new XdsServer({
    admit: (client) => {
      asked.push(client)
      const team = client.node.metadata['team']
      return typeof team === 'string' ? { views: [team] } : { refusal: 'it has no team' }
    },
  })
  xds.update({
    set: [endpoints('a'), { ...endpoints('b'), view: 'red' }, { ...endpoints('c'), view: 'blue' }],
  })
  using listener = await listen(xds)
  using stranger = new XdsClient(listener.address, noName, true)
  stranger.sayDelta({ node: NODE, typeUrl: EDS.typeUrl })
  assert.equal(await stranger.ended, status.PERMISSION_DENIED)
  assert.equal(xds.counts().refused, 1)
  using client = new XdsClient(listener.address, noName, true)
  client.sayDelta({ node: { ...NODE, metadata: { team: 'red' } }, typeUrl: EDS.typeUrl })
  const first = await client.response(0)
  assert.deepEqual(first.names, ['a', 'b'])
  // Later it may call itself what it likes.
  client.sayDelta({
    node: { ...NODE, metadata: { team: 'blue' } },
    typeUrl: EDS.typeUrl,
    responseNonce: first.nonce,
  })
  await until(() => xds.counts().acknowledged === 1)
  xds.update({ set: [{ ...endpoints('c', 120), view: 'blue' }, endpoints('a', 120)] })
  assert.deepEqual((await client.response(1)).names, ['a'])
  assert.equal(asked.length, 2)
  assert.deepEqual(asked[1]!.node, { ...NODE, metadata: { team: 'red' } })
  assert.match(asked[1]!.peer.address, /^127\.0\.0\.1:\d+$/)
  assert.equal(asked[1]!.peer.certificate, undefined)
})

test('who watches is told how streams come to stand to resources, and how much it missed', async () => {
  const xds = new XdsServer()
  xds.update({ set: [endpoints('a')] })
  using listener = await listen(xds)
  const ending = new AbortController()
  const short = xds.changes({ signal: ending.signal, pendingMax: 1 })
  const changes = xds.changes({ signal: ending.signal })
  const written = async () =>
    (await changes.next()).value!.changes.map(
      ({ node, type, name, version, state, error }) =>
        `${node.id} ${type} ${name}${version === '' ? ' gone' : ''} ${state}${error ? `: ${error}` : ''}`,
    )
  using client = new XdsClient(listener.address, noName, true)
  client.sayDelta({ node: NODE, typeUrl: EDS.typeUrl })
  const first = await client.response(0)
  assert.deepEqual(await written(), ['proxy EDS a sent'])
  client.sayDelta({ typeUrl: EDS.typeUrl, responseNonce: first.nonce })
  assert.deepEqual(await written(), ['proxy EDS a acknowledged'])
  xds.update({ set: [endpoints('b'), endpoints('c')] })
  const { nonce } = await client.response(1)
  client.sayDelta({
    typeUrl: EDS.typeUrl,
    responseNonce: nonce,
    errorDetail: { code: 3, message: 'c is bad' },
  })
  await until(() => xds.counts().rejected === 1)
  assert.deepEqual(await written(), ['proxy EDS b rejected: c is bad', 'proxy EDS c rejected: c is bad'])
  xds.update({ remove: [endpoints('c')] })
  client.sayDelta({ typeUrl: EDS.typeUrl, responseNonce: (await client.response(2)).nonce })
  await until(() => xds.counts().acknowledged === 2)
  assert.deepEqual(await written(), ['proxy EDS c gone acknowledged'])
  const told = (await short.next()).value!
  assert.deepEqual(
    told.changes.map(({ name, state }) => `${name} ${state}`),
    ['a acknowledged'],
  )
  assert.equal(told.missedCount, 6)
  ending.abort()
  assert.deepEqual(await changes.next(), { done: true, value: undefined })
  for await (const _ of short) assert.fail('it has ended')
})

test(
  'answers come when all who want the resources have given them or have left',
  { timeout: 20_000 },
  async () => {
    const xds = new XdsServer()
    xds.update({ set: [endpoints('a'), endpoints('b')] })
    using listener = await listen(xds)
    const signal = new AbortController().signal
    assert.deepEqual(await xds.answers([endpoints('a')], { signal }), {
      acknowledgedCount: 0,
      rejectedCount: 0,
      leftCount: 0,
    })
    using good = new XdsClient(listener.address, noName, true)
    using bad = new XdsClient(listener.address, noName, false)
    using gone = new XdsClient(listener.address, noName, true)
    using other = new XdsClient(listener.address, noName, true)
    for (const client of [good, gone]) client.sayDelta({ node: NODE, typeUrl: EDS.typeUrl })
    bad.say({ node: NODE, typeUrl: EDS.typeUrl, resourceNames: ['a', 'x'] })
    other.sayDelta({ node: NODE, typeUrl: EDS.typeUrl, resourceNamesSubscribe: ['b'] })
    for (const client of [good, gone, bad, other]) await client.response(0)
    let isDone = false
    const answering = xds.answers([endpoints('a')], { signal }).finally(() => (isDone = true))
    // It is changed once more before they answer: what they say of the first is enough.
    xds.update({ set: [endpoints('a', 130)] })
    good.sayDelta({ typeUrl: EDS.typeUrl, responseNonce: good.received[0]!.nonce })
    const errorDetail = { code: 3, message: 'no' }
    bad.say({ typeUrl: EDS.typeUrl, resourceNames: ['a', 'x'], responseNonce: '1', errorDetail })
    await until(() => xds.counts().rejected === 1)
    await delay(20)
    assert.equal(isDone, false)
    gone.call.cancel()
    assert.deepEqual(await answering, { acknowledgedCount: 1, rejectedCount: 1, leftCount: 1 })
    // The newer one is under way now.
    const newer = xds.answers([endpoints('a')], { signal })
    await good.response(1)
    good.sayDelta({ typeUrl: EDS.typeUrl, responseNonce: good.received[1]!.nonce })
    await bad.response(1)
    bad.say({ typeUrl: EDS.typeUrl, resourceNames: ['x'], responseNonce: bad.received[1]!.nonce })
    assert.deepEqual(await newer, { acknowledgedCount: 2, rejectedCount: 0, leftCount: 0 })
    // A removal counts as any change, and one that is taken back needs no answer.
    xds.update({ remove: [endpoints('b')] })
    await good.response(2)
    const removal = xds.answers([endpoints('b')], { signal: AbortSignal.timeout(100) })
    await assert.rejects(removal, { name: 'TimeoutError' })
    xds.update({ set: [endpoints('a', 140)] })
    const takenBack = xds.answers([endpoints('a')], { signal })
    xds.update({ set: [endpoints('a', 130)] })
    good.sayDelta({ typeUrl: EDS.typeUrl, responseNonce: good.received[2]!.nonce })
    assert.equal((await takenBack).acknowledgedCount, 1)
  },
)
