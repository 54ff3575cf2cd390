import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Family, Protocol } from '../kernel/record.ts'
import { EdgeSum, EdgeTable } from '../model/edge-table.ts'
import { EndFinder, type RequestEnds } from './request-ends.ts'
import type { SeriesPlace } from './request-source.ts'

/** Processes by id: service, and the cgroup that it runs in. */
const PROCESSES = [
  { service: 'shop', cgroup: 1 },
  { service: 'cart', cgroup: 2 },
  { service: 'cart', cgroup: 2 },
  { service: 'load', cgroup: 3 },
  { service: '', cgroup: 3 },
] as const
const [SHOP, CART, CART2, LOAD, NAMELESS] = [0, 1, 2, 3, 4] as const

const AT_CART: SeriesPlace = {
  cgroupId: 2,
  side: 'server',
  serverPort: 80,
  serverAddress: '',
  peer: 'loopback',
}
const ASKS: SeriesPlace = { ...AT_CART, cgroupId: 1, side: 'client', serverAddress: '203.0.113.9' }

class Host {
  readonly edges = new EdgeTable({ edges: 100, addresses: 100 })
  readonly finder = new EndFinder(this.edges, {
    serviceOf: (id) => PROCESSES[id]!.service,
    cgroupOf: (id) => PROCESSES[id]!.cgroup,
    pidOf: (id) => 1000 + id,
  })

  address(...bytes: readonly number[]): number {
    const words = new Uint32Array(4)
    new Uint8Array(words.buffer).set(bytes)
    return this.edges.addressEnd(Family.inet, words, 0)
  }

  talk(client: number, server: number, port = 80): this {
    this.edges.add(this.edges.open(client, server, Protocol.tcp, port), EdgeSum.opened, 1)
    return this
  }

  find(place: SeriesPlace, watched = true): RequestEnds | 'elsewhere' | undefined {
    this.finder.see()
    this.edges.nextWindow()
    return this.finder.find(place, () => watched)
  }
}

test('the process that serves a port, and the only one that asks it', () => {
  const host = new Host().talk(SHOP, CART).talk(LOAD, SHOP, 81)
  assert.deepEqual(host.find(AT_CART), { client: SHOP, server: CART, service: 'cart', isExact: true })
  // A request may be told some windows after its connection.
  assert.deepEqual(host.find(AT_CART), { client: SHOP, server: CART, service: 'cart', isExact: true })
  for (let i = 0; i < 10; i++) host.find(AT_CART)
  assert.equal(host.find(AT_CART), undefined)
})

test('of processes of one service the eldest stands for all; of several services none does', () => {
  const workers = new Host().talk(SHOP, CART2).talk(SHOP, CART)
  assert.deepEqual(workers.find(AT_CART), { client: SHOP, server: CART, service: 'cart', isExact: false })
  const both = new Host().talk(SHOP, CART).talk(LOAD, CART)
  assert.deepEqual(both.find(AT_CART), {
    client: { other: 'several-clients' },
    server: CART,
    service: 'cart',
    isExact: true,
  })
  const nameless = new Host().talk(NAMELESS, CART).talk(LOAD, CART)
  assert.deepEqual((nameless.find(AT_CART) as RequestEnds).client, { other: 'several-clients' })
  // Port 80 of two network namespaces: the cgroup tells them apart.
  const two = new Host().talk(SHOP, CART).talk(CART, LOAD)
  assert.deepEqual(two.find(AT_CART), { client: SHOP, server: CART, service: 'cart', isExact: true })
})

test('a client that the kernel names is taken where it has a connection', () => {
  const host = () => new Host().talk(SHOP, CART).talk(LOAD, CART)
  const client = (place: SeriesPlace, of = host()) => (of.find(place) as RequestEnds).client
  assert.equal(client({ ...AT_CART, client: { pid: 1000 + LOAD } }), LOAD)
  // Its connection may not have been told yet, be it the only one or not.
  const named = { ...AT_CART, client: { pid: 1000 + CART } }
  const single = new Host().talk(SHOP, CART)
  for (const seen of [host(), single]) assert.equal(seen.find(named), undefined)
  assert.deepEqual((single.finder.unknown(named) as RequestEnds).client, SHOP)
  const remote = host()
  const far = remote.address(203, 0, 113, 7)
  remote.talk(far, CART)
  const place = { ...AT_CART, peer: 'public', client: { address: '203.0.113.7' } } as const
  assert.equal(client(place, remote), far)
})

test('addresses are clients of their class alone', () => {
  const host = new Host()
  const [near, far] = [host.address(10, 0, 0, 7), host.address(203, 0, 113, 7)]
  host.talk(near, CART).talk(far, CART)
  const client = (peer: SeriesPlace['peer']) => (host.find({ ...AT_CART, peer }) as RequestEnds).client
  assert.equal(client('private'), near)
  assert.equal(client('public'), far)
  assert.deepEqual(client('loopback'), { other: 'unknown-client' })
})

test('what is asked of another host is told at the client’s side, and of this one at the server’s', () => {
  const host = new Host()
  const far = host.address(203, 0, 113, 9)
  host.talk(SHOP, far).talk(CART, host.address(203, 0, 113, 10))
  assert.deepEqual(host.find(ASKS), { client: SHOP, server: far, service: '203.0.113.9', isExact: true })
  const near = { ...ASKS, serverAddress: '127.0.0.1' }
  assert.equal(new Host().talk(SHOP, CART).find(near), 'elsewhere')
  assert.deepEqual(new Host().talk(SHOP, CART).find(near, false), {
    client: SHOP,
    server: CART,
    service: 'cart',
    isExact: true,
  })
  assert.equal(new Host().find(near), undefined)
  assert.equal(new Host().finder.unknown(near), 'elsewhere')
  assert.deepEqual(new Host().finder.unknown(ASKS), {
    client: { other: 'unknown-client' },
    server: { address: Uint8Array.of(203, 0, 113, 9) },
    service: '203.0.113.9',
  })
  // Before the process of the other end was known, that was an address.
  const late = new Host()
  late.talk(SHOP, late.address(127, 0, 0, 1)).talk(SHOP, late.address(203, 0, 113, 9))
  late.find(near)
  late.talk(SHOP, CART)
  assert.equal(late.find(near), 'elsewhere')
  assert.equal(late.find(ASKS), 'elsewhere')
})
