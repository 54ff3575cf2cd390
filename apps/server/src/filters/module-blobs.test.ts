import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { TemporaryDir } from '../testing/temporary.ts'
import { ModuleBlobs } from './module-blobs.ts'

const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const noRoom = async () => {}

function uploadOf(module: Uint8Array, offset: number, bytes: number) {
  return {
    digest: digestOf(module),
    bytes: module.length,
    offset,
    data: module.subarray(offset, offset + bytes),
  }
}

test('a module comes in pieces, over restarts, and has its name when it is whole', async () => {
  using dir = new TemporaryDir()
  const path = join(dir.path, 'filters')
  const module = randomBytes(1000)
  let blobs = await ModuleBlobs.open(path, 1 << 20)
  for (let offset = 0; offset < 1000; offset += 300) {
    assert.equal(blobs.size(digestOf(module)), undefined)
    const { heldBytes, isComplete } = await blobs.upload(uploadOf(module, offset, 300), noRoom)
    assert.deepEqual([heldBytes, isComplete], [Math.min(offset + 300, 1000), offset === 900])
    blobs = await ModuleBlobs.open(path, 1 << 20)
  }
  assert.equal(blobs.size(digestOf(module)), 1000)
  await using file = await blobs.read(digestOf(module))
  assert.deepEqual(await file.readFile(), module)
  // Once it is there, nothing more is written.
  assert.equal((await blobs.upload(uploadOf(module, 0, 10), noRoom)).isComplete, true)
})

test('what was whole when the process ended has its name at the next question', async () => {
  using dir = new TemporaryDir()
  const path = join(dir.path, 'filters')
  const module = randomBytes(1000)
  mkdirSync(path)
  writeFileSync(join(path, `${digestOf(module)}.part`), module)
  const blobs = await ModuleBlobs.open(path, 1 << 20)
  assert.deepEqual(await blobs.upload(uploadOf(module, 0, 0), noRoom), { heldBytes: 1000, isComplete: true })
  // Of another size than is said now, it is begun anew.
  const other = randomBytes(1000)
  writeFileSync(join(path, `${digestOf(other)}.part`), randomBytes(1500))
  const again = await ModuleBlobs.open(path, 1 << 20)
  await assert.rejects(again.upload(uploadOf(other, 0, 0), noRoom), { code: 'argument' })
  assert.equal((await again.upload(uploadOf(other, 0, 1000), noRoom)).isComplete, true)
})

test('a module of which a bit has changed on disk is mended by the next upload', async () => {
  using dir = new TemporaryDir()
  const path = join(dir.path, 'filters')
  const module = randomBytes(1000)
  mkdirSync(path)
  const damaged = Uint8Array.from(module)
  damaged[500]! ^= 1
  writeFileSync(join(path, `${digestOf(module)}.wasm`), damaged)
  const blobs = await ModuleBlobs.open(path, 1 << 20)
  assert.deepEqual(await blobs.upload(uploadOf(module, 0, 0), noRoom), { heldBytes: 0, isComplete: false })
  assert.equal(blobs.size(digestOf(module)), undefined)
  assert.equal((await blobs.upload(uploadOf(module, 0, 1000), noRoom)).isComplete, true)
  assert.ok(readFileSync(join(path, `${digestOf(module)}.wasm`)).equals(module))
})

test('what is somewhere else, or comes twice, changes nothing', async () => {
  using dir = new TemporaryDir()
  const blobs = await ModuleBlobs.open(join(dir.path, 'filters'), 1 << 20)
  const module = randomBytes(1000)
  const held = async (offset: number, bytes: number) =>
    (await blobs.upload(uploadOf(module, offset, bytes), noRoom)).heldBytes
  assert.equal(await held(0, 0), 0)
  assert.equal(await held(500, 100), 0)
  assert.equal(await held(0, 400), 400)
  assert.equal(await held(0, 400), 400)
  // Two at once: one of them goes on.
  assert.deepEqual(await Promise.all([held(400, 100), held(400, 100)]), [500, 500])
})

test('another module than its digest says is refused, and nothing of it stays', async () => {
  using dir = new TemporaryDir()
  const path = join(dir.path, 'filters')
  const blobs = await ModuleBlobs.open(path, 1 << 20)
  const module = randomBytes(100)
  const wrong = { ...uploadOf(module, 0, 100), digest: digestOf(randomBytes(9)) }
  await assert.rejects(blobs.upload(wrong, noRoom), { code: 'argument' })
  await assert.rejects(blobs.upload({ ...uploadOf(module, 0, 100), bytes: 50 }, noRoom), { code: 'argument' })
  for (const bytes of [0, -1, 0.5, Number.NaN, 2 ** 40])
    await assert.rejects(blobs.upload({ ...uploadOf(module, 0, 100), bytes }, noRoom), { code: 'argument' })
  assert.deepEqual(readdirSync(path), [])
  assert.equal(blobs.bytes, 0)
})

test('over the limit what may go goes, and else it is refused', async () => {
  using dir = new TemporaryDir()
  const blobs = await ModuleBlobs.open(join(dir.path, 'filters'), 2500)
  const [first, second, third] = [0, 1, 2].map(() => randomBytes(1000))
  for (const module of [first!, second!]) await blobs.upload(uploadOf(module, 0, 1000), noRoom)
  await assert.rejects(blobs.upload(uploadOf(third!, 0, 1000), noRoom), { code: 'busy' })
  const room = async () => blobs.remove(digestOf(first!))
  assert.equal((await blobs.upload(uploadOf(third!, 0, 1000), room)).isComplete, true)
  assert.equal(blobs.size(digestOf(first!)), undefined)
  assert.ok(readFileSync(join(dir.path, 'filters', `${digestOf(third!)}.wasm`)).equals(third!))
})

test('uploads that were begun are bounded', async () => {
  using dir = new TemporaryDir()
  const path = join(dir.path, 'filters')
  const blobs = await ModuleBlobs.open(path, 1 << 20)
  for (let i = 0; i < 40; i++) await blobs.upload(uploadOf(randomBytes(100), 0, 10), noRoom)
  assert.equal(readdirSync(path).length, 16)
})
