import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DnsAnswer } from './dns-message.ts'
import { NameTable } from './name-table.ts'

const NS = 1_700_000_000e9

function answerOf(name: string, ...lastBytes: readonly number[]): DnsAnswer {
  return { name, aliases: [], addresses: lastBytes.map((byte) => Uint8Array.of(10, 0, 0, byte)), ttlS: 60 }
}

const told = (table: NameTable) =>
  table.takeNews().map(({ netns, address, name }) => `${netns} ${address.join('.')} ${name}`)

test('each name of an address is told once a minute at most, in each namespace', () => {
  const table = new NameTable(100)
  table.add(1, answerOf('a.test', 1, 2), NS)
  table.add(1, answerOf('b.test', 1), NS)
  table.add(2, answerOf('a.test', 1), NS)
  assert.deepEqual(told(table), [
    '1 10.0.0.1 a.test',
    '1 10.0.0.2 a.test',
    '1 10.0.0.1 b.test',
    '2 10.0.0.1 a.test',
  ])
  table.add(1, answerOf('a.test', 1), NS + 59e9)
  assert.deepEqual(told(table), [])
  table.add(1, answerOf('a.test', 1), NS + 60e9)
  assert.deepEqual(
    table.takeNews().map(({ timeNs }) => timeNs),
    [NS + 60e9],
  )
  table.tellAgain()
  assert.equal(told(table).length, 4)
})

test('over its limit the name goes that was not asked for the longest, and is counted', () => {
  const table = new NameTable(3)
  for (const byte of [1, 2, 3]) table.add(1, answerOf('a.test', byte), NS)
  table.takeNews()
  table.add(1, answerOf('a.test', 1), NS + 1e9)
  table.add(1, answerOf('a.test', 4, 5), NS + 2e9)
  assert.deepEqual([table.size, table.evictedCount, table.untoldCount], [3, 2, 0])
  table.tellAgain()
  assert.deepEqual(told(table).sort(), ['1 10.0.0.1 a.test', '1 10.0.0.4 a.test', '1 10.0.0.5 a.test'])
})

test('a crowd of names is told in parts, and those that nobody will hear of are counted', () => {
  const table = new NameTable(4000)
  for (let i = 0; i < 5000; i++) table.add(1, answerOf(`n${i}.test`, 1), NS)
  assert.deepEqual([table.evictedCount, table.untoldCount], [1000, 1000])
  assert.deepEqual([told(table).length, told(table).length, told(table).length], [2000, 2000, 0])
})
