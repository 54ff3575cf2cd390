import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { FilterHoldingSchema, ModuleChunkSchema, type SignedRelease } from '@quadrant/proto'
import { madeKey, madeModule, NOW_NS, policyOf, sha256, signedOf } from '../testing/made-releases.ts'
import { Killed, MemoryStoreDirectory } from '../testing/memory-store-directory.ts'
import { openDiskDirectory } from './disk-directory.ts'
import { decodeHolding, encodeHolding } from './holding-record.ts'
import { CHUNK_BYTES_MAX } from './module-download.ts'
import { readRelease } from './read-release.ts'
import { keptDigest, ReleaseStore } from './release-store.ts'
import { verifyRelease } from './verify-release.ts'

const KEY = madeKey()
const MODULES = [1, 2, 3].map((seed) => madeModule(5000, seed))
const RELEASES = MODULES.map((module, i) => signedOf(KEY, module, { version: BigInt(i + 1) }))

function verify(store: ReleaseStore, signed: SignedRelease) {
  const verdict = verifyRelease(signed, {
    policy: policyOf([KEY]),
    accepted: (name) => store.accepted(name),
    nowNs: NOW_NS,
  })
  assert.ok(verdict.kind === 'accepted', verdict.kind === 'refused' ? verdict.refusal.code : '')
  return verdict.verified
}

/** Has a module come in pieces of so many bytes. */
async function fetchModule(store: ReleaseStore, module: Uint8Array, pieceBytes = CHUNK_BYTES_MAX) {
  const moduleSha256 = sha256(module)
  await using download = await store.download({ moduleSha256, moduleBytes: module.length })
  for (;;) {
    const fetch = download.nextFetch()
    assert.ok(fetch)
    for (let offset = fetch.offset; offset < fetch.offset + fetch.bytes;) {
      const data = module.slice(offset, Math.min(offset + pieceBytes, fetch.offset + fetch.bytes))
      const result = await download.take(create(ModuleChunkSchema, { moduleSha256, offset, data }))
      if (result !== 'more') return result
      offset += data.length
    }
  }
}

/** Module, acceptance, and service of a release. */
async function deliver(store: ReleaseStore, index: number) {
  const signed = RELEASES[index]!
  const verified = verify(store, signed)
  assert.equal(await fetchModule(store, MODULES[index]!), 'complete')
  await store.accept(verified, signed)
  await store.attempt('auth')
  await store.serving('auth')
}

/** The modules of what is kept of the filter are there, whole and right. */
async function assertServable(store: ReleaseStore) {
  const { serving, previous, candidate } = store.holding('auth') ?? {}
  for (const signed of [serving, previous, candidate]) {
    if (!signed) continue
    const read = readRelease(signed.release)
    assert.ok('release' in read)
    assert.ok(await store.module(read.release), `version ${read.release.version} is not whole`)
  }
}

test('a release that serves, and the one before it, are there after a restart', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-releases-'))
  try {
    const path = join(folder, 'filters')
    const store = await ReleaseStore.open(await openDiskDirectory(path))
    for (const index of [0, 1, 2]) await deliver(store, index)
    const again = await ReleaseStore.open(await openDiskDirectory(path))
    const holding = again.holding('auth')!
    assert.equal(keptDigest(holding.serving!), keptDigest(RELEASES[2]!))
    assert.equal(keptDigest(holding.previous!), keptDigest(RELEASES[1]!))
    assert.equal(holding.acceptedVersion, 3n)
    assert.equal(again.accepted('auth')!.release, keptDigest(RELEASES[2]!))
    await assertServable(again)
    // The first one's module is of no more use.
    assert.equal(readdirSync(path).filter((name) => name.endsWith('.wasm')).length, 2)
    assert.equal(statSync(path).mode & 0o777, 0o700)
    for (const name of readdirSync(path)) assert.equal(statSync(join(path, name)).mode & 0o777, 0o600)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('the process may be killed at any change of the disk', async () => {
  const whole = new MemoryStoreDirectory()
  const store = await ReleaseStore.open(whole)
  for (const index of [0, 1, 2]) await deliver(store, index)
  await store.ordered('auth', 7n, true)
  const changes = whole.changeCount
  assert.ok(changes > 20)
  for (let at = 0; at < changes; at++) {
    const directory = new MemoryStoreDirectory()
    directory.killAt(at)
    let acceptedMin = 0n
    let servingMin = 0n
    try {
      const killed = await ReleaseStore.open(directory)
      for (const index of [0, 1, 2]) {
        await deliver(killed, index)
        acceptedMin = servingMin = BigInt(index + 1)
      }
      await killed.ordered('auth', 7n, true)
    } catch (error) {
      if (!(error instanceof Killed)) throw error
    }
    directory.revive()
    const again = await ReleaseStore.open(directory)
    await assertServable(again)
    const holding = again.holding('auth') ?? create(FilterHoldingSchema)
    assert.ok(holding.acceptedVersion >= acceptedMin, `${holding.acceptedVersion} at ${at}`)
    const serving = holding.serving && readRelease(holding.serving.release)
    const version = serving && 'release' in serving ? serving.release.version : 0n
    assert.ok(version >= servingMin && version <= holding.acceptedVersion, `${version} at ${at}`)
    // It goes on from there.
    for (const index of [0, 1, 2].slice(Number(holding.acceptedVersion))) await deliver(again, index)
    await assertServable(again)
  }
})

test('a download goes on after a cut at any byte', async () => {
  const module = madeModule(700, 9)
  for (let cut = 0; cut < module.length; cut++) {
    const directory = new MemoryStoreDirectory()
    directory.files.set(`${Buffer.from(sha256(module)).toString('hex')}.part`, module.slice(0, cut))
    const store = await ReleaseStore.open(directory)
    assert.equal(store.partials()[0]!.bytes, cut)
    assert.equal(await fetchModule(store, module, 64), 'complete')
    assert.deepEqual(await store.module({ moduleSha256: sha256(module), moduleBytes: module.length }), module)
    assert.deepEqual(store.partials(), [])
  }
})

test('what comes in the place of a chunk is refused, and nothing of it stays', async () => {
  const module = madeModule(1000, 1)
  const moduleSha256 = sha256(module)
  const right = { moduleSha256, offset: 0, data: module }
  const swapped = new Uint8Array([...module.slice(500), ...module.slice(0, 500)])
  const cases = [
    ['misplaced-chunk', { ...right, moduleSha256: sha256(swapped) }],
    ['misplaced-chunk', { ...right, offset: 1 }],
    ['misplaced-chunk', { ...right, offset: Number.NaN }],
    ['misplaced-chunk', { ...right, data: new Uint8Array([...module, 0]) }],
    ['truncated', { ...right, data: module.slice(1), end: true }],
    ['truncated', { ...right, data: new Uint8Array(0) }],
    ['digest-mismatch', { ...right, data: swapped }],
  ] as const
  for (const [code, chunk] of cases) {
    const directory = new MemoryStoreDirectory()
    const store = await ReleaseStore.open(directory)
    await using download = await store.download({ moduleSha256, moduleBytes: module.length })
    assert.deepEqual(download.nextFetch(), { offset: 0, bytes: module.length })
    const result = await download.take(create(ModuleChunkSchema, chunk))
    assert.equal(typeof result === 'object' ? result.code : result, code)
    assert.deepEqual([...directory.files.keys()], [])
    assert.deepEqual(store.partials(), [])
  }
})

test('a module of which a bit has changed on disk is not given', async () => {
  const directory = new MemoryStoreDirectory()
  const store = await ReleaseStore.open(directory)
  await deliver(store, 0)
  const file = [...directory.files.keys()].find((name) => name.endsWith('.wasm'))!
  directory.files.get(file)![100]! ^= 1
  const [moduleSha256, moduleBytes] = [sha256(MODULES[0]!), MODULES[0]!.length]
  assert.equal(await store.module({ moduleSha256, moduleBytes }), undefined)
})

test('one damaged copy loses nothing; two are told, and nothing is forgotten silently', async () => {
  const directory = new MemoryStoreDirectory()
  const store = await ReleaseStore.open(directory)
  for (const index of [0, 1]) await deliver(store, index)
  const whole = directory.files.get('auth.holding.a')!
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.boolean(), fc.boolean(), async (at, isCut, isFirst) => {
      const file = `auth.holding.${isFirst ? 'a' : 'b'}`
      const changed = isCut ? whole.slice(0, at) : whole.slice()
      if (!isCut) changed[at]! ^= 1 + (at % 255)
      directory.files.set(file, changed)
      const again = await ReleaseStore.open(directory)
      assert.deepEqual(again.damaged, [file])
      assert.equal(again.accepted('auth')!.version, 2n)
      directory.files.set(file, whole)
    }),
    { seed: 3, numRuns: 200 },
  )
  for (const copy of ['a', 'b']) directory.files.set(`auth.holding.${copy}`, Uint8Array.of(1))
  await assert.rejects(ReleaseStore.open(directory), { code: 'store' })
})

test('whatever lies in a record is read without an exception', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      assert.equal(decodeHolding(bytes), undefined)
    }),
    { seed: 4, numRuns: 300 },
  )
  const holding = create(FilterHoldingSchema, { name: 'auth', acceptedVersion: 3n })
  assert.deepEqual(decodeHolding(encodeHolding(holding)), holding)
})

test('files of others in the directory are left alone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-releases-'))
  try {
    const path = join(folder, 'filters')
    const directory = await openDiskDirectory(path)
    for (const name of ['README', 'x.holding.c', '.holding.a', 'A.holding.a', 'zz.part'])
      writeFileSync(join(path, name), 'of others')
    const store = await ReleaseStore.open(directory)
    await deliver(store, 0)
    await deliver(store, 1)
    assert.equal(readFileSync(join(path, 'README'), 'utf8'), 'of others')
    assert.deepEqual(store.damaged, [])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
