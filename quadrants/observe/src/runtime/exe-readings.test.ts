import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesSource } from '@quadrant/golang'
import type { ExeFile } from './exe-file.ts'
import { ExeReadings } from './exe-readings.ts'
import type { Program } from './program.ts'

let closed: number[] = []

function fileOf(fd: number): ExeFile {
  const source = bytesSource(new Uint8Array())
  return { fd, key: 'a', path: '/a', source, [Symbol.dispose]: () => void closed.push(fd) }
}

const programOf = (key: string) => ({ key }) as Program

test('a file is read once for all who run it, and stays open until it was, whoever ends', () => {
  closed = []
  const readings = new ExeReadings()
  const [first, second, third] = ['1', '2', '3'].map(programOf) as [Program, Program, Program]
  assert.deepEqual(
    [first, second, third].map((program, index) => readings.add(program, fileOf(index + 1))),
    [true, false, false],
  )
  assert.deepEqual([readings.count, readings.has(second)], [3, true])
  readings.remove(first)
  readings.remove(second)
  // The one that is being read is still open.
  assert.deepEqual(closed, [2])
  assert.deepEqual([readings.count, readings.has(second)], [1, false])
  const waited = readings.take('a')
  assert.deepEqual([closed, readings.count], [[2, 1], 0])
  assert.deepEqual(
    [...waited].map(([{ key }, { fd }]) => [key, fd]),
    [['3', 3]],
  )
  // It has to be read again then.
  assert.equal(readings.add(first, fileOf(4)), true)
  readings[Symbol.dispose]()
  assert.deepEqual([closed, readings.count], [[2, 1, 4], 0])
})
