import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { EbpfError } from '../error.ts'
import { KernelMemory } from './kernel-memory.ts'
import { PAGE_BYTES } from './page-size.ts'

for (const shared of [false, true]) {
  test(`a mapped file is seen, written through, and outlived by its views (shared: ${shared})`, () => {
    const directory = mkdtempSync(join(tmpdir(), 'kernel-memory-'))
    const path = join(directory, 'file')
    const bytes = new Uint8Array(3 * PAGE_BYTES)
    for (let page = 0; page < 3; page++) bytes.fill(page + 1, page * PAGE_BYTES, (page + 1) * PAGE_BYTES)
    writeFileSync(path, bytes)
    const fd = openSync(path, 'r+')
    try {
      const memory = new KernelMemory(4 * PAGE_BYTES, { shared })
      const view = new Uint8Array(memory.buffer)
      memory.map(0, 2 * PAGE_BYTES, fd, { fdOffset: PAGE_BYTES })
      memory.map(2 * PAGE_BYTES, PAGE_BYTES, fd, { writable: true })
      assert.equal(view[0], 2)
      assert.equal(view[PAGE_BYTES], 3)
      assert.equal(view[2 * PAGE_BYTES], 1)
      Atomics.store(new Int32Array(memory.buffer), (2 * PAGE_BYTES) >> 2, 0x01020304)
      assert.deepEqual([...readFileSync(path).subarray(0, 5)], [4, 3, 2, 1, 1])
      memory[Symbol.dispose]()
      memory[Symbol.dispose]()
      assert.equal(view[0], 0)
      view.fill(9)
      assert.equal(readFileSync(path)[0], 4)
      assert.throws(() => memory.map(0, PAGE_BYTES, fd), EbpfError)
    } finally {
      closeSync(fd)
      rmSync(directory, { recursive: true })
    }
  })
}

test('a failed map leaves usable memory behind', () => {
  using memory = new KernelMemory(PAGE_BYTES)
  const view = new Uint8Array(memory.buffer)
  assert.throws(
    () => memory.map(0, PAGE_BYTES, 1_000_000),
    (error: EbpfError) => error.errnoName === 'EBADF',
  )
  view[0] = 1
  assert.equal(view[0], 1)
})

test('places outside of the memory and between pages are refused', () => {
  using memory = new KernelMemory(PAGE_BYTES)
  for (const [at, byteLength] of [
    [1, PAGE_BYTES],
    [-PAGE_BYTES, PAGE_BYTES],
    [0, 0],
    [0, 65_536 + PAGE_BYTES],
    [65_536, PAGE_BYTES],
    [0, 10],
  ] as const)
    assert.throws(() => memory.map(at, byteLength, 0), { code: 'argument' }, `${at} ${byteLength}`)
  assert.throws(() => new KernelMemory(0), { code: 'argument' })
})
