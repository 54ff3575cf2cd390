import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseProcessStatus } from './process-status.ts'

test('our own: the stack begins in the mapping that the kernel calls so', () => {
  const status = parseProcessStatus(
    readFileSync('/proc/self/stat', 'utf8'),
    readFileSync('/proc/self/status', 'utf8'),
  )!
  const line = /^([0-9a-f]+)-([0-9a-f]+) .* \[stack\]$/m.exec(readFileSync('/proc/self/maps', 'utf8'))!
  assert.ok(status.startStack >= Number.parseInt(line[1]!, 16))
  assert.ok(status.startStack < Number.parseInt(line[2]!, 16))
  assert.equal(status.ownPid, process.pid)
  assert.equal(status.uid, process.geteuid!())
})

test('a process in a namespace knows itself by the last of its numbers; its name is what it likes', () => {
  const fields = Array.from({ length: 50 }, (_, index) => String(index + 3))
  const stat = `7 (a) 1 (b) ${fields.join(' ')}\n`
  assert.deepEqual(parseProcessStatus(stat, 'Name:\ta\nUid:\t5\t6\t7\t8\nNSpid:\t7\t30\t1\n'), {
    startStack: 28,
    ownPid: 1,
    uid: 6,
  })
  // Kernels before 4.1 tell no numbers of namespaces.
  assert.equal(parseProcessStatus(stat, 'Uid:\t5\t6\t7\t8\n')?.ownPid, 7)
  assert.equal(parseProcessStatus(stat, ''), undefined)
  assert.equal(parseProcessStatus('7 (a) S 1 2', 'Uid:\t5\t6\t7\t8\n'), undefined)
})

test('any text', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (stat, status) => {
      const parsed = parseProcessStatus(stat, status)
      assert.ok(parsed === undefined || Number.isSafeInteger(parsed.startStack))
    }),
    { seed: 4, numRuns: 300 },
  )
})
