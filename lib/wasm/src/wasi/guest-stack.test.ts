import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runCommand } from './command.ts'
import { compileCommand } from './compile.ts'
import { setGuestStackBytes } from './guest-stack.ts'

/** Calls `sched_yield` and itself as often as `depth` says, and ends; -1 is for ever. */
function recursion(depth: number, isYielding = false): Promise<WebAssembly.Module> {
  const section = (id: number, ...content: number[]) => [id, content.length, ...content]
  const text = (name: string) => [name.length, ...Buffer.from(name)]
  const signed = (value: number): number[] =>
    value >= -64 && value < 64 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)]
  // (call $sched_yield) (drop)
  const yielding = isYielding ? [0x10, 0x00, 0x1a] : []
  // (func $f (param i32) (local.get 0) (if (then (call $f (i32.sub (local.get 0) (i32.const 1))))))
  const deeper = [
    0x00,
    ...yielding,
    0x20,
    0x00,
    0x04,
    0x40,
    0x20,
    0x00,
    0x41,
    0x01,
    0x6b,
    0x10,
    0x01,
    0x0b,
    0x0b,
  ]
  const start = [0x00, 0x41, ...signed(depth), 0x10, 0x01, 0x0b]
  return compileCommand(
    Uint8Array.from([
      0x00,
      0x61,
      0x73,
      0x6d,
      0x01,
      0x00,
      0x00,
      0x00,
      ...section(1, 3, 0x60, 1, 0x7f, 0, 0x60, 0, 0, 0x60, 0, 1, 0x7f),
      ...section(2, 1, ...text('wasi_snapshot_preview1'), ...text('sched_yield'), 0, 2),
      ...section(3, 2, 0, 1),
      ...section(5, 1, 0x00, 1),
      ...section(7, 2, ...text('memory'), 2, 0, ...text('_start'), 0, 2),
      ...section(10, 2, deeper.length, ...deeper, start.length, ...start),
    ]),
  )
}

/** How deep this thread's own functions can go. */
function depthHere(): number {
  let depth = 0
  const deeper = () => {
    depth++
    deeper()
  }
  assert.throws(deeper, RangeError)
  return depth
}

test('a guest goes as deep as its stack, then it traps, and the host has its own stack as before', async () => {
  const before = depthHere()
  const end = async (depth: number, isYielding?: boolean) =>
    (await runCommand(await recursion(depth, isYielding))).kind
  setGuestStackBytes(8 << 20)
  // 1 MB is enough for about 4,000.
  assert.deepEqual([await end(20_000), await end(-1)], ['exit', 'trap'])
  // Suspended and resumed at each level, down to the end of its stack: within the host's own code, too.
  assert.deepEqual([await end(10_000, true), await end(-1, true)], ['exit', 'trap'])
  const ends = await Promise.all(Array.from({ length: 20 }, () => end(-1)))
  assert.deepEqual(new Set(ends), new Set(['trap']))
  const after = depthHere()
  assert.ok(after > before * 0.9 && after < before * 1.5, `${before} deep before, ${after} after`)
})
