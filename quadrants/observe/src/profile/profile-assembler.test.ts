import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { ProfileAssembler } from './profile-assembler.ts'
import type { TurnMessage } from './profile-message.ts'
import { parseStartStack } from './process-status.ts'
import { STACK } from './stack-record.ts'
import type { WindowData } from './window-data.ts'

interface MadeStack {
  readonly startStack: number
  readonly kernel: readonly bigint[]
  readonly user: readonly bigint[]
  readonly count: number
}

/** A turn as the kernel's map gives it, of this process and of one that is gone. */
function turnOf(stacks: readonly MadeStack[], isLast: boolean): TurnMessage {
  const records = stacks.map(({ startStack, kernel, user, count }) => {
    const bytes = Buffer.alloc(STACK.frames + (kernel.length + user.length) * 8)
    bytes.writeBigUInt64LE(BigInt(startStack), STACK.startStack)
    bytes.writeUInt32LE(process.pid, STACK.tgid)
    bytes.writeUInt32LE(1, STACK.second)
    bytes.writeUInt32LE(count, STACK.count)
    bytes.writeUInt16LE(kernel.length, STACK.kernelFrames)
    bytes.writeUInt16LE(user.length, STACK.userFrames)
    for (const [index, address] of [...kernel, ...user].entries())
      bytes.writeBigUInt64LE(address, STACK.frames + index * 8)
    let hash = 0xcbf29ce484222325n
    for (const word of [startStack, kernel.length, ...kernel, ...user])
      hash = BigInt.asUintN(64, (hash ^ BigInt(word)) * 0x100000001b3n)
    bytes.writeBigUInt64LE(hash, STACK.hash)
    return bytes
  })
  const all = Buffer.concat(records)
  const copy = all.buffer.slice(all.byteOffset, all.byteOffset + all.length)
  return { stacks: copy, startNs: 0, endNs: 2e9, monotonicEpochNs: 0, frequencyHz: 99, isLast }
}

/** What a window says, whatever the order. */
function words(data: WindowData): readonly string[] {
  const frame = (index: number) =>
    [data.frameFunction, data.frameModule].map((column) => data.strings[column[index]!]).join('@')
  const path = (node: number): string =>
    node === 0 ? '' : `${path(data.nodeParent[node - 1]!)};${frame(data.nodeFrame[node - 1]!)}`
  return Array.from(
    data.sampleNode,
    (node, row) => `${path(node)} ${data.sampleKind[row]} ${data.sampleBroken[row]} ${data.sampleCount[row]}`,
  ).toSorted()
}

const stat = readFileSync('/proc/self/stat', 'latin1')
const startStack = parseStartStack(stat)!
/** Addresses in code of this process: of the executable, of libraries, of what V8 compiled. */
const code = [...readFileSync('/proc/self/maps', 'latin1').matchAll(/^(\w+)-(\w+) r-xp/gm)].map(
  ([, start, end]) => ({
    start: BigInt(`0x${start}`),
    size: Number(BigInt(`0x${end}`) - BigInt(`0x${start}`)),
  }),
)

test('a stack that comes again is told as by one who meets it for the first time', () => {
  const inCode = fc
    .tuple(fc.constantFrom(...code), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }))
    .map(([{ start, size }, part]) => start + BigInt(Math.floor((size * Math.floor(part * 4)) / 4) + 16))
  const user = fc.oneof(
    { weight: 8, arbitrary: inCode },
    { weight: 1, arbitrary: fc.constantFrom(0n, 1n, 0x7fff_ffff_f000n, 0xffff_ffff_ffff_fff0n) },
  )
  const kernel = fc.integer({ min: 0, max: 3 }).map((index) => 0xffff_ffff_8100_0000n + BigInt(index * 4096))
  const stack = fc.record({
    startStack: fc.constantFrom(startStack, startStack, startStack, startStack - 4096, 0),
    kernel: fc.array(kernel, { maxLength: 3 }),
    user: fc.array(user, { maxLength: 6 }),
    count: fc.integer({ min: 1, max: 3 }),
  })
  const turns = fc.array(fc.array(stack, { maxLength: 60, size: 'max' }), { minLength: 1, maxLength: 4 })
  using warm = new ProfileAssembler()
  fc.assert(
    fc.property(turns, (made) => {
      using fresh = new ProfileAssembler()
      for (const [index, stacks] of made.entries()) {
        const isLast = index === made.length - 1
        const [first, again, anew] = [turnOf(stacks, false), turnOf(stacks, isLast), turnOf(stacks, false)]
        const told = [warm.add(first, 0), warm.add(again, 0)]
        const expected = [fresh.add(anew, 0), fresh.add(turnOf(stacks, isLast), 0)]
        for (const [part, { kept, broken, unknown }] of told.entries())
          assert.deepEqual(
            { kept, broken, unknown },
            { kept: expected[part]!.kept, broken: expected[part]!.broken, unknown: expected[part]!.unknown },
          )
        if (isLast) assert.deepEqual(words(told[1]!.window!), words(expected[1]!.window!))
      }
    }),
    { seed: 4, numRuns: 3 },
  )
})
