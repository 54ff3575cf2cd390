import assert from 'node:assert/strict'
import { create } from '@bufbuild/protobuf'
import { OrderStatusSchema, ReleaseStage, ReleaseStatusSchema, SignedReleaseSchema } from '@quadrant/proto'
import { EPOCH } from '../testing/batch.ts'
import type { RunCase } from '../testing/opened-store.ts'
import type { FilterReleaseRow } from './filter-store.ts'

const hex = (digit: string) => digit.repeat(64)
const bytes = (digit: string) => new Uint8Array(Buffer.from(hex(digit), 'hex'))
const atNs = (seconds: number) => (EPOCH + seconds) * 1e9

function row(version: number, init: Partial<FilterReleaseRow> = {}): FilterReleaseRow {
  return {
    name: 'auth',
    version: BigInt(version),
    digest: String(version).padStart(64, '0'),
    module: hex(String(version % 10)),
    moduleBytes: 100,
    signed: create(SignedReleaseSchema, { release: Uint8Array.of(version) }),
    pushedNs: atNs(version),
    offeredNs: atNs(version),
    ...init,
  }
}

function serving(version: number, init: { module?: string; stage?: ReleaseStage; at?: number } = {}) {
  return create(ReleaseStatusSchema, {
    name: 'auth',
    version: BigInt(version),
    stage: init.stage ?? ReleaseStage.SERVING,
    releaseSha256: bytes('9'),
    servingVersion: BigInt(version),
    servingSha256: bytes(init.module ?? String(version % 10)),
    signers: [`sha256:${hex('a')}`],
    timeNs: atNs(init.at ?? version),
  })
}

const gateway = (nodeId: string, filters = ['auth']) => ({
  nodeId,
  host: 'alpha',
  version: '0.1.0',
  filters,
  seenNs: atNs(1),
})

/** Filters, in every store. */
export function filterCases(run: RunCase): void {
  void run('releases ascend, and what is offered is the newest of what ever was', async ({ filters }) => {
    await filters.addRelease(row(1))
    await filters.addRelease(row(2, { offeredNs: 0 }))
    await assert.rejects(filters.addRelease(row(2, { digest: hex('f') })), { code: 'argument' })
    await assert.rejects(filters.addRelease(row(1, { digest: hex('f') })), { code: 'argument' })
    const offered = async () => (await filters.offered()).map(({ version }) => version)
    assert.deepEqual(await offered(), [1n])
    assert.equal((await filters.offerRelease('auth', 2n, atNs(9))).offeredNs, atNs(9))
    assert.deepEqual(await offered(), [2n])
    await assert.rejects(filters.offerRelease('auth', 1n, atNs(9)), { code: 'argument' })
    await assert.rejects(filters.offerRelease('auth', 7n, atNs(9)), { code: 'not-found' })
    assert.deepEqual(
      (await filters.releases('auth')).map(({ version }) => version),
      [2n, 1n],
    )
    assert.equal((await filters.releaseOf(row(1).digest))!.version, 1n)
    assert.deepEqual(await filters.names(), ['auth'])
  })

  void run('versions have 64 bits', async ({ filters }) => {
    const version = 2n ** 63n - 1n
    await filters.addRelease({ ...row(1), version })
    assert.equal((await filters.release('auth', version))!.version, version)
    assert.equal((await filters.offered())[0]!.version, version)
  })

  void run('orders ascend', async ({ filters }, { reopen }) => {
    const order = (sequence: bigint) => ({
      name: 'auth',
      sequence,
      signed: { $typeName: 'quadrant.v1.SignedOrder' as const, order: Uint8Array.of(1), signatures: [] },
      givenNs: atNs(1),
    })
    await filters.keepOrder(order(3n))
    await assert.rejects(filters.keepOrder(order(3n)), { code: 'argument' })
    await filters.keepOrder(order(4n))
    const again = await reopen()
    assert.deepEqual(
      (await again.filters.orders()).map(({ sequence }) => sequence),
      [4n],
    )
  })

  void run('what a gateway serves is a fact, until something else does', async ({ filters, runtime }) => {
    await filters.addRelease(row(1))
    await filters.meetGateway(gateway('edge'))
    const served = async (at: number) =>
      (await runtime.facts('gateway:edge', atNs(at), 10)).rows.map(({ subject, predicate }) => [
        subject,
        predicate,
      ])
    await filters.keepStatus('edge', 'auth', serving(1))
    await filters.keepStatus('edge', 'auth', serving(2, { at: 20 }))
    const release = (version: number, predicate = 'serves') => [`filter:auth@${version}`, predicate]
    const module = (digit: string) => [`wasm:sha256:${hex(digit)}`, 'serves']
    assert.deepEqual(await served(10), [release(1), module('1')])
    assert.deepEqual(await served(30), [release(2), module('2')])
    // A refusal changes nothing of what serves, and holds until it is told of something else.
    await filters.keepStatus('edge', 'auth', {
      ...serving(2, { at: 40 }),
      version: 3n,
      stage: ReleaseStage.REFUSED,
    })
    const refused = [release(3, 'refused-by'), release(2), module('2')]
    assert.deepEqual(await served(50), refused)
    // Switched off and on again nothing has served between.
    const order = (sequence: bigint, off: boolean, at: number) =>
      create(OrderStatusSchema, { name: 'auth', sequence, off, timeNs: atNs(at), orderSha256: bytes('8') })
    await filters.keepOrderStatus('edge', 'auth', order(1n, true, 51))
    await filters.keepOrderStatus('edge', 'auth', order(2n, false, 55))
    await filters.keepStatus('edge', 'auth', { ...serving(2, { at: 57 }) })
    assert.deepEqual(await served(50), refused)
    assert.deepEqual(await served(53), [release(2, 'off-at'), release(3, 'refused-by')])
    assert.deepEqual(await served(56), refused)
    assert.deepEqual(await served(58), [release(2), module('2')])
    await filters.keepStatus('edge', 'auth', {
      ...serving(2, { at: 59 }),
      version: 4n,
      stage: ReleaseStage.ROLLED_BACK,
    })
    assert.deepEqual((await served(60))[0], release(4, 'rolled-back-at'))
    const about = async (coordinate: string) => (await runtime.facts(coordinate, atNs(60), 10)).rows
    assert.deepEqual(
      (await about('filter:auth@2')).map(({ predicate, object }) => [predicate, object]),
      [
        ['serves', 'gateway:edge'],
        ['signed-by', `key:sha256:${hex('a')}`],
      ],
    )
    assert.deepEqual(
      (await about('filter:auth@1')).map(({ predicate, object }) => [predicate, object]),
      [
        ['has-module', `wasm:sha256:${hex('1')}`],
        ['signed-by', `key:sha256:${hex('a')}`],
      ],
    )
    // It has no place for the filter any more.
    await filters.meetGateway({ ...gateway('edge', []), seenNs: atNs(70) })
    assert.deepEqual(await served(80), [])
  })

  void run('states are of gateways, and go with them', async ({ filters }) => {
    await filters.addRelease(row(1))
    for (const nodeId of ['a', 'b']) {
      await filters.meetGateway(gateway(nodeId))
      await filters.keepStatus(nodeId, 'auth', serving(1))
      await filters.keepOrderStatus(
        nodeId,
        'auth',
        create(OrderStatusSchema, { name: 'auth', sequence: 2n, off: true }),
      )
    }
    const state = await filters.state('a', 'auth')
    assert.deepEqual([state!.status!.version, state!.order!.off], [1n, true])
    await filters.retain(atNs(2), new Set(['b']))
    assert.deepEqual(
      (await filters.gateways()).map(({ nodeId }) => nodeId),
      ['b'],
    )
    assert.deepEqual(
      (await filters.states()).map(({ nodeId }) => nodeId),
      ['b'],
    )
  })

  void run(
    'modules may go that nobody is offered, the oldest first; and releases over the limit',
    async ({ filters }) => {
      for (let version = 1; version <= 4; version++)
        await filters.addRelease(row(version, { offeredNs: version === 2 ? atNs(2) : 0 }))
      // What is offered, and the newest, stay.
      assert.deepEqual(await filters.retain(0, new Set()), [hex('1'), hex('3')])
      for (let version = 5; version <= 120; version++)
        await filters.addRelease(row(version, { offeredNs: 0, module: hex('b') }))
      await filters.retain(0, new Set())
      const versions = (await filters.releases('auth')).map(({ version }) => Number(version))
      assert.deepEqual([versions[0], versions.length, versions.at(-1)], [120, 101, 2])
    },
  )
}
