import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as immediate } from 'node:timers/promises'
import { create } from '@bufbuild/protobuf'
import {
  FilterOrderKind,
  ModuleChunkSchema,
  ReleaseStage,
  ReleaseStageSchema,
  SignedReleaseSchema,
  type ModuleChunk,
  type OrderStatus,
  type ReleaseStatus,
  type SignedRelease,
} from '@quadrant/proto'
import {
  madeKey,
  madeModule,
  NOW_NS,
  policyOf,
  releaseOf,
  sha256,
  signedOf,
} from '../testing/made-releases.ts'
import { MemoryStoreDirectory } from '../testing/memory-store-directory.ts'
import { RecordingSink } from '../testing/recording-sink.ts'
import type { DeliveryPolicy, FilterGrant } from './delivery-policy.ts'
import { FilterDelivery } from './filter-delivery.ts'
import { CHUNK_BYTES_MAX } from './module-download.ts'
import type { RefusalCode } from './refusal.ts'
import { ReleaseStore } from './release-store.ts'
import { signOrder, signRelease } from './sign-release.ts'

const KEY = madeKey()
const MODULES = [0, 1, 2, 3].map((seed) => madeModule(3000, seed))
const release = (version: number, module = MODULES[version]!) =>
  signedOf(KEY, module, { version: BigInt(version) })
const digestOf = (module: Uint8Array) => `sha256:${Buffer.from(sha256(module)).toString('hex')}`

const LAST: ReadonlySet<ReleaseStage> = new Set([
  ReleaseStage.SERVING,
  ReleaseStage.REFUSED,
  ReleaseStage.ROLLED_BACK,
])

/** A gateway whose server has some modules, and may change what it sends. */
class Gateway {
  readonly sink = new RecordingSink()
  readonly statuses: ReleaseStatus[] = []
  readonly orders: OrderStatus[] = []
  readonly delivery: FilterDelivery<unknown>
  readonly store: ReleaseStore
  nowNs = NOW_NS
  modules: readonly Uint8Array[] = MODULES
  change: (chunk: ModuleChunk) => ModuleChunk | undefined = (chunk) => chunk

  private constructor(store: ReleaseStore, policy: DeliveryPolicy) {
    this.store = store
    this.delivery = new FilterDelivery({
      store,
      policy,
      sink: this.sink,
      nowNs: () => this.nowNs,
      prepareTimeoutMs: 300,
    })
  }

  static async open(directory = new MemoryStoreDirectory(), grant: Partial<FilterGrant> = {}, keys = [KEY]) {
    const gateway = new Gateway(await ReleaseStore.open(directory), policyOf(keys, grant))
    await gateway.delivery.restore()
    gateway.connect()
    return gateway
  }

  connect(): void {
    this.delivery.connect({
      onStatus: (status) => this.statuses.push(status),
      onOrder: (status) => this.orders.push(status),
      onWant: () => void this.pull(),
    })
  }

  /** The version that serves; 0: none. */
  get serving(): number {
    const digest = this.sink.serving.get('auth')?.digest
    return digest === undefined ? 0 : MODULES.findIndex((module) => digestOf(module) === digest)
  }

  /** Offers a release, and waits for the last that is told of it. */
  async deliver(signed: SignedRelease): Promise<ReleaseStatus> {
    const from = this.statuses.length
    this.delivery.offer(signed)
    return this.ended(from)
  }

  async ended(from: number): Promise<ReleaseStatus> {
    for (;;) {
      const end = this.statuses.slice(from).find(({ stage }) => LAST.has(stage))
      if (end) return end
      await immediate()
    }
  }

  /** Sends what is asked for. */
  async pull(): Promise<void> {
    for (;;) {
      const fetch = this.delivery.nextFetch()
      if (!fetch) return
      const module = this.modules.find((each) => Buffer.from(sha256(each)).equals(fetch.moduleSha256))
      const until = fetch.offset + fetch.bytes
      for (let offset = fetch.offset; offset < until; offset += CHUNK_BYTES_MAX) {
        const data = module?.slice(offset, Math.min(offset + CHUNK_BYTES_MAX, until)) ?? new Uint8Array(0)
        const end = module === undefined || offset + data.length >= module.length
        const chunk = this.change(
          create(ModuleChunkSchema, { moduleSha256: fetch.moduleSha256, offset, data, end }),
        )
        if (chunk) await this.delivery.chunk(chunk)
      }
    }
  }
}

const stages = (gateway: Gateway) =>
  gateway.statuses.map(({ stage }) => ReleaseStageSchema.value[stage]!.localName)

test('a release is verified, comes, is compiled, begun and serves; the one before is drained', async () => {
  const gateway = await Gateway.open()
  assert.equal((await gateway.deliver(release(1))).servingVersion, 1n)
  assert.deepEqual(stages(gateway), ['VERIFIED', 'RECEIVED', 'COMPILED', 'WARMED', 'SERVING'])
  const spec = gateway.sink.serving.get('auth')!
  assert.equal(spec.onFailure, 'closed')
  assert.ok(spec.capabilities!.includes('proxy_log') && !spec.capabilities!.includes('proxy_http_call'))
  await gateway.deliver(release(2))
  await immediate()
  assert.deepEqual(gateway.sink.drained, [digestOf(MODULES[1]!)])
  assert.deepEqual(
    gateway.delivery
      .held()
      .map(({ name, acceptedVersion, servingVersion }) => [name, acceptedVersion, servingVersion]),
    [['auth', 2n, 2n]],
  )
})

interface Attack {
  readonly name: string
  readonly code: RefusalCode
  readonly offer?: SignedRelease
  readonly change?: (chunk: ModuleChunk) => ModuleChunk
  readonly modules?: readonly Uint8Array[]
  readonly grant?: Partial<FilterGrant>
}

const changed = (signed: SignedRelease) => {
  const bytes = signed.release.slice()
  bytes[bytes.length - 1]! ^= 1
  return create(SignedReleaseSchema, { ...signed, release: bytes })
}

const HOUR_NS = 3600e9

const ATTACKS: readonly Attack[] = [
  { name: 'a wrong signature', code: 'wrong-signature', offer: changed(release(2)) },
  { name: 'a wrong key', code: 'untrusted-key', offer: signedOf(madeKey(), MODULES[2]!, { version: 2n }) },
  {
    name: 'garbage',
    code: 'wrong-signature',
    offer: create(SignedReleaseSchema, { ...release(2), release: Uint8Array.of(9) }),
  },
  {
    name: 'an expired release',
    code: 'expired',
    offer: signedOf(KEY, MODULES[2]!, { version: 2n, expiresNs: NOW_NS - HOUR_NS }),
  },
  {
    name: 'one of tomorrow',
    code: 'not-yet-valid',
    offer: signedOf(KEY, MODULES[2]!, { version: 2n, notBeforeNs: NOW_NS + HOUR_NS }),
  },
  { name: 'the same version with another digest', code: 'same-version', offer: release(1, MODULES[2]) },
  {
    name: 'a capability that is not granted',
    code: 'capability-not-granted',
    offer: signedOf(KEY, MODULES[2]!, { version: 2n, capabilities: ['http-call'] }),
  },
  {
    name: 'a limit that is too high',
    code: 'limit-too-high',
    offer: signedOf(KEY, MODULES[2]!, { version: 2n, limits: { memoryBytes: 2 ** 33 } }),
  },
  {
    name: 'a module that is too large',
    code: 'module-too-large',
    grant: { moduleBytesMax: 3000 },
    offer: signedOf(KEY, madeModule(3001), { version: 2n }),
  },
  {
    name: 'a truncated module',
    code: 'truncated',
    modules: [MODULES[2]!.slice(0, 2000)],
    change: (chunk) => create(ModuleChunkSchema, { ...chunk, data: MODULES[2]!.slice(0, 2000), end: true }),
  },
  { name: 'a module that the server has not', code: 'truncated', modules: [] },
  {
    name: 'a swapped chunk',
    code: 'digest-mismatch',
    change: (chunk) => ({ ...chunk, data: MODULES[3]! }),
  },
  {
    name: 'a chunk of another module',
    code: 'misplaced-chunk',
    change: (chunk) => ({ ...chunk, moduleSha256: sha256(MODULES[3]!) }),
  },
  { name: 'a chunk of another place', code: 'misplaced-chunk', change: (chunk) => ({ ...chunk, offset: 1 }) },
  {
    name: 'more than was signed',
    code: 'misplaced-chunk',
    change: (chunk) => ({ ...chunk, data: new Uint8Array([...chunk.data, 0]) }),
  },
]

for (const { name, code, offer, change, modules, grant } of ATTACKS)
  test(`${name} is refused before anything is compiled, and the old version serves on`, async () => {
    const directory = new MemoryStoreDirectory()
    const gateway = await Gateway.open(directory, grant)
    await gateway.deliver(release(1))
    if (change) gateway.change = change
    if (modules) gateway.modules = modules
    const status = await gateway.deliver(offer ?? release(2))
    assert.deepEqual([status.stage, status.code], [ReleaseStage.REFUSED, code])
    assert.deepEqual([gateway.serving, gateway.sink.compiled.length], [1, 1])
    assert.deepEqual(
      [...directory.files.keys()].filter((file) => file.endsWith('.part')),
      [],
    )
    // Nothing was accepted: the right one still comes.
    gateway.change = (chunk) => chunk
    gateway.modules = MODULES
    assert.equal((await gateway.deliver(release(2))).servingVersion, 2n)
    await gateway.delivery[Symbol.asyncDispose]()
  })

test('an older version is refused, also after a restart; the old module comes back with a new number', async () => {
  const directory = new MemoryStoreDirectory()
  const gateway = await Gateway.open(directory)
  for (const version of [1, 2]) await gateway.deliver(release(version))
  assert.equal((await gateway.deliver(release(1))).code, 'downgraded')
  await gateway.delivery[Symbol.asyncDispose]()
  const again = await Gateway.open(directory)
  assert.equal(again.serving, 2)
  assert.equal((await again.deliver(release(1))).code, 'downgraded')
  assert.equal(again.serving, 2)
  const restored = releaseOf(MODULES[1]!, { version: 3n, restoresVersion: 1n })
  assert.equal((await again.deliver(signRelease(restored, [KEY]))).servingVersion, 3n)
  assert.equal(again.serving, 1)
})

test('what serves does so after a restart, when its time is over, and not when its key is no longer trusted', async () => {
  const directory = new MemoryStoreDirectory()
  const gateway = await Gateway.open(directory)
  await gateway.deliver(release(1))
  const later = await Gateway.open(directory)
  later.nowNs = NOW_NS + 1000 * HOUR_NS
  assert.equal(later.serving, 1)
  // Offered again it is known.
  assert.equal((await later.deliver(release(1))).stage, ReleaseStage.SERVING)
  const distrustful = await Gateway.open(directory, {}, [madeKey()])
  assert.equal(distrustful.serving, 0)
  // Also where the sink had it, by the configuration before.
  assert.deepEqual([...distrustful.sink.off], ['auth'])
  assert.equal(distrustful.sink.compiled.length, 0)
})

test('what may not serve any more is off until something else does', async () => {
  const directory = new MemoryStoreDirectory()
  await (await Gateway.open(directory)).deliver(signedOf(KEY, MODULES[1]!, { capabilities: ['shared-data'] }))
  const narrower = await Gateway.open(directory, {
    capabilities: ['log', 'headers'],
    followsUnsignedOrders: true,
  })
  assert.deepEqual([narrower.serving, [...narrower.sink.off]], [0, ['auth']])
  const on = { name: 'auth', kind: FilterOrderKind.ON, sequence: 1n, issuedNs: NOW_NS }
  await narrower.delivery.order(signOrder(on, []))
  assert.deepEqual([...narrower.sink.off], ['auth'])
  await narrower.deliver(release(2))
  assert.deepEqual([narrower.serving, [...narrower.sink.off]], [2, []])
})

test('a filter that cannot be compiled, or does not begin, leaves what serves; it is not tried again', async () => {
  const directory = new MemoryStoreDirectory()
  const gateway = await Gateway.open(directory)
  await gateway.deliver(release(1))
  const noModule = Uint8Array.from({ length: 100 }, (_, i) => i)
  gateway.modules = [...MODULES, noModule]
  const status = await gateway.deliver(signedOf(KEY, noModule, { version: 2n }))
  assert.deepEqual(
    [status.stage, status.code, status.servingVersion],
    [ReleaseStage.ROLLED_BACK, 'not-compiled', 1n],
  )
  gateway.sink.failsToStart = new Error('it panicked')
  const third = signedOf(KEY, MODULES[3]!, { version: 3n })
  const failed = await gateway.deliver(third)
  assert.deepEqual(
    [failed.stage, failed.code, failed.reason],
    [ReleaseStage.ROLLED_BACK, 'not-started', 'it panicked'],
  )
  const compiledCount = gateway.sink.compiled.length
  assert.equal((await gateway.deliver(third)).code, 'not-started')
  assert.equal(gateway.sink.compiled.length, compiledCount)
  const again = await Gateway.open(directory)
  assert.equal(again.serving, 1)
  assert.equal((await again.deliver(third)).code, 'not-started')
})

test('a filter that is never ready is given up, and others come', async () => {
  const gateway = await Gateway.open()
  gateway.sink.beforeStart = new Promise(() => {})
  assert.equal((await gateway.deliver(release(1))).code, 'not-started')
  gateway.sink.beforeStart = Promise.resolve()
  assert.equal((await gateway.deliver(release(2))).servingVersion, 2n)
})

test('a candidate that ends the process again and again is given up', async () => {
  const directory = new MemoryStoreDirectory()
  const gateway = await Gateway.open(directory)
  await gateway.deliver(release(1))
  gateway.sink.beforeStart = new Promise(() => {})
  gateway.delivery.offer(release(2))
  while (gateway.statuses.filter(({ stage }) => stage === ReleaseStage.COMPILED).length < 2) await immediate()
  // What the next processes write before they end, too.
  const store = await ReleaseStore.open(directory)
  assert.equal(store.holding('auth')!.candidateAttempts, 1)
  await store.attempt('auth')
  await store.attempt('auth')
  const again = await Gateway.open(new MemoryCopy(directory))
  assert.equal(again.serving, 1)
  assert.equal(again.delivery.statuses()[0]!.code, 'crashed')
})

test('a candidate that was on disk when the process ended is begun by the next', async () => {
  const directory = new MemoryStoreDirectory()
  const gateway = await Gateway.open(directory)
  gateway.sink.beforeStart = new Promise(() => {})
  gateway.delivery.offer(release(1))
  while (!gateway.statuses.some(({ stage }) => stage === ReleaseStage.COMPILED)) await immediate()
  const again = await Gateway.open(new MemoryCopy(directory))
  assert.equal(again.serving, 1)
})

test('what does not begin because its gateway ends is begun by the next', async () => {
  const directory = new MemoryStoreDirectory()
  const gateway = await Gateway.open(directory)
  const threads = Promise.withResolvers<void>()
  gateway.sink.beforeStart = threads.promise
  gateway.delivery.offer(release(1))
  while (!gateway.statuses.some(({ stage }) => stage === ReleaseStage.COMPILED)) await immediate()
  gateway.sink.failsToStart = new Error('nobody is there to run it')
  const ending = gateway.delivery[Symbol.asyncDispose]()
  threads.resolve()
  await ending
  const again = await Gateway.open(directory)
  assert.equal(again.serving, 1)
})

test('the end of a gateway waits for what it restores', async () => {
  const directory = new MemoryStoreDirectory()
  await (await Gateway.open(directory)).deliver(release(1))
  const sink = new RecordingSink()
  const threads = Promise.withResolvers<void>()
  sink.beforeStart = threads.promise
  const store = await ReleaseStore.open(directory)
  const delivery = new FilterDelivery({ store, sink, policy: policyOf([KEY]), nowNs: () => NOW_NS })
  const restoring = delivery.restore()
  while (sink.compiled.length === 0) await immediate()
  let isOver = false
  const ending = delivery[Symbol.asyncDispose]().then(() => (isOver = true))
  for (let i = 0; i < 10; i++) await immediate()
  assert.equal(isOver, false)
  threads.resolve()
  await Promise.all([restoring, ending])
})

class MemoryCopy extends MemoryStoreDirectory {
  constructor(of: MemoryStoreDirectory) {
    super()
    for (const [name, bytes] of of.files) this.files.set(name, new Uint8Array(bytes))
  }
}

test('a newer release supersedes one that still comes', async () => {
  const gateway = await Gateway.open()
  gateway.change = () => undefined
  gateway.delivery.offer(release(1))
  await immediate()
  gateway.change = (chunk) => chunk
  const from = gateway.statuses.length
  gateway.delivery.offer(release(2))
  assert.equal((await gateway.ended(from)).code, 'superseded')
  while (gateway.serving !== 2) await immediate()
  assert.deepEqual(gateway.sink.compiled, [digestOf(MODULES[2]!)])
  assert.equal((await gateway.deliver(release(1))).code, 'downgraded')
})

test('a module that comes over several connections is compiled once it is whole', async () => {
  const module = madeModule(700_000, 5)
  const gateway = await Gateway.open()
  gateway.modules = [module]
  let chunkCount = 0
  gateway.change = (chunk) => (++chunkCount > 1 ? undefined : chunk)
  gateway.delivery.offer(signedOf(KEY, module))
  while (gateway.delivery.partials()[0]?.bytes !== CHUNK_BYTES_MAX) await immediate()
  gateway.delivery.connect(undefined)
  const offsets: number[] = []
  gateway.change = (chunk) => {
    offsets.push(chunk.offset)
    return chunk
  }
  gateway.connect()
  // A session asks by itself once it was welcomed.
  const fetch = gateway.delivery.nextFetch()!
  assert.equal(fetch.offset, CHUNK_BYTES_MAX)
  gateway.delivery.connect(undefined)
  gateway.connect()
  await gateway.pull()
  assert.equal((await gateway.ended(0)).servingVersion, 1n)
  assert.deepEqual(offsets, [CHUNK_BYTES_MAX, 2 * CHUNK_BYTES_MAX])
})

test('orders switch off and on, and hold over a restart', async () => {
  const directory = new MemoryStoreDirectory()
  const gateway = await Gateway.open(directory, { followsUnsignedOrders: true })
  await gateway.deliver(release(1))
  const order = (kind: FilterOrderKind, sequence: bigint, keys = [KEY]) =>
    signOrder({ name: 'auth', kind, sequence, issuedNs: NOW_NS }, keys)
  await gateway.delivery.order(order(FilterOrderKind.OFF, 1n))
  assert.deepEqual([...gateway.sink.off], ['auth'])
  const again = await Gateway.open(directory, { followsUnsignedOrders: true })
  assert.deepEqual([...again.sink.off], ['auth'])
  await again.delivery.order(order(FilterOrderKind.ON, 2n, []))
  assert.deepEqual([...again.sink.off], [])
  await again.delivery.order(order(FilterOrderKind.OFF, 1n))
  assert.deepEqual(
    again.orders.map(({ followed, code, off }) => [followed, code, off]),
    [
      [true, '', false],
      [false, 'old-order', false],
    ],
  )
  assert.equal(again.serving, 1)
})

test('what is withdrawn gives way to the one before it', async () => {
  const directory = new MemoryStoreDirectory()
  const gateway = await Gateway.open(directory)
  for (const version of [1, 2]) await gateway.deliver(release(version))
  await gateway.delivery.withdraw('auth', 'it traps always')
  assert.equal(gateway.serving, 1)
  const last = gateway.statuses.at(-1)!
  assert.deepEqual(
    [last.stage, last.version, last.code, last.servingVersion],
    [ReleaseStage.ROLLED_BACK, 2n, 'withdrawn', 1n],
  )
  const again = await Gateway.open(directory)
  assert.equal(again.serving, 1)
  assert.equal((await again.deliver(release(2))).code, 'withdrawn')
})
