import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { after, test } from 'node:test'
import { FILENAME_BYTES, EXEC_WORDS, ProcessWord, RecordKind } from '../kernel/record.ts'
import { encodeRecord } from '../model/testing/record-encoder.ts'
import { write64 } from '../kernel/word.ts'
import { bootEpochNs, systemClock, ticksOf, type HostClock } from './host-clock.ts'
import { listNetworkNamespaces } from './namespaces.ts'
import { parseStat, readProcess, splitArguments } from './proc-files.ts'
import { ProcessTable } from './process-table.ts'

const root = mkdtempSync(`${tmpdir()}/quadrant-proc-`)
after(() => rmSync(root, { recursive: true }))

const ID = 'ab'.repeat(32)

function addProcess(
  pid: number,
  facts: { start: number; comm: string; argv: string[]; exe: string; cgroup: string; netns: number },
): void {
  const folder = `${root}/${pid}`
  mkdirSync(`${folder}/ns`, { recursive: true })
  const zeros = '0 '.repeat(17)
  writeFileSync(`${folder}/stat`, `${pid} (${facts.comm}) S 1 ${zeros}${facts.start} 0 0\n`)
  writeFileSync(`${folder}/cmdline`, facts.argv.map((argument) => `${argument}\0`).join(''))
  writeFileSync(`${folder}/status`, 'Name:\tx\nUid:\t0\t1000\t0\t0\n')
  writeFileSync(`${folder}/cgroup`, facts.cgroup)
  symlinkSync(facts.exe, `${folder}/exe`)
  symlinkSync(`net:[${facts.netns}]`, `${folder}/ns/net`)
}

mkdirSync(`${root}/self`)
mkdirSync(`${root}/unified/pods/${ID}`, { recursive: true })
writeFileSync(`${root}/self/mounts`, `cgroup2 ${root}/unified cgroup2 rw 0 0\n`)
writeFileSync(`${root}/uptime`, '1000.50 0.00\n')
addProcess(10, {
  start: 500,
  comm: 'a (b) c',
  argv: ['/srv/shop', '--token=x'],
  exe: '/srv/shop (deleted)',
  cgroup: '0::/system.slice/shop.service\n',
  netns: 7,
})

let nowNs = 5e9
const clock: HostClock = { epochNs: () => 2_000_000 * 1e9 + nowNs, monotonicNs: () => nowNs }
const tableOf = (options: { processes?: number } = {}) =>
  new ProcessTable({ clock, procRoot: root, ...options })

/** A fork, exec or exit as the kernel's programs write it. */
function processRecord(
  kind: number,
  fields: {
    pid: number
    startNs: number
    parent?: number
    parentNs?: number
    comm?: string
    exe?: string
    argv?: string
    ts?: number
  },
): Uint32Array {
  const words = new Uint32Array(EXEC_WORDS)
  const put = (text: string, word: number) =>
    new Uint8Array(words.buffer).set(new TextEncoder().encode(text), word * 4)
  words[0] = kind
  words[ProcessWord.tgid] = fields.pid
  words[ProcessWord.parentTgid] = fields.parent ?? 0
  write64(words, ProcessWord.ts, fields.ts ?? 0)
  write64(words, ProcessWord.start, fields.startNs)
  write64(words, ProcessWord.parentStart, fields.parentNs ?? 0)
  put(fields.comm ?? '', ProcessWord.comm)
  put((fields.exe ?? '').slice(0, FILENAME_BYTES), ProcessWord.filename)
  put(fields.argv ?? '', ProcessWord.argv)
  words[ProcessWord.textBytes] = (fields.exe ?? '').length | ((fields.argv ?? '').length << 16)
  return words
}

const socketOf = (pid: number, start: number, comm = 'sock') =>
  encodeRecord({ kind: 'state', pid, start, comm })

test('a scan reads what /proc tells', () => {
  const table = tableOf()
  table.scan()
  const id = table.ofRecord(socketOf(10, 5e9 + 9_999_999), 0)
  assert.equal(table.refer(id), '10@500')
  const [told] = table.takeNews()
  assert.deepEqual(told, {
    $typeName: 'quadrant.v1.Process',
    key: '10@500',
    pid: 10,
    startNs: told!.startNs,
    comm: 'a (b) c',
    exe: '/srv/shop',
    argv: ['/srv/shop', '--token=***'],
    uid: 1000,
    parentPid: 1,
    cgroup: '/system.slice/shop.service',
    containerId: '',
    systemdUnit: 'shop.service',
    netns: 7,
    service: 'shop',
    serviceSource: 'unit',
    endNs: 0,
  })
  assert.equal(Math.round(told.startNs / 1e6), Math.round((clock.epochNs() - 1000.5e9 + 5e9) / 1e6))
  assert.deepEqual(table.takeNews(), [])
  table.tellAgain()
  assert.equal(table.takeNews().length, 1)
})

test('a process that lived for a moment is named by its records', () => {
  const table = tableOf()
  table.apply(
    processRecord(RecordKind.fork, { pid: 11, startNs: 6e9, parent: 10, parentNs: 5e9, comm: 'shop' }),
    0,
  )
  table.apply(
    processRecord(RecordKind.exec, {
      pid: 11,
      startNs: 6e9,
      parent: 10,
      comm: 'curl',
      exe: '/usr/bin/curl',
      argv: 'curl\0--api-key\0k\0',
    }),
    0,
  )
  table.apply(processRecord(RecordKind.exit, { pid: 11, startNs: 6e9, ts: 4e9 }), 0)
  const id = table.ofRecord(socketOf(11, 6e9), 0)
  assert.equal(table.refer(id), '11@600')
  const [told] = table.takeNews()
  assert.deepEqual(
    [told!.comm, told!.exe, told!.argv, told!.parentPid, told!.service, told!.endNs - clock.epochNs()],
    ['curl', '/usr/bin/curl', ['curl', '--api-key', '***'], 10, 'curl', -1e9],
  )
})

test('a fork has what its parent had', () => {
  const table = tableOf()
  table.scan()
  table.apply(
    processRecord(RecordKind.fork, { pid: 12, startNs: 6e9, parent: 10, parentNs: 5e9, comm: 'shop' }),
    0,
  )
  table.refer(table.ofRecord(socketOf(12, 6e9), 0))
  const [told] = table.takeNews()
  assert.deepEqual([told!.exe, told!.systemdUnit], ['/srv/shop', 'shop.service'])
})

test('a process without any record is named by its socket', () => {
  const table = tableOf()
  table.refer(table.ofRecord(socketOf(13, 7e9, 'short'), 0))
  assert.deepEqual(
    table.takeNews().map(({ key, comm, service, serviceSource }) => [key, comm, service, serviceSource]),
    [['13@700', 'short', 'short', 'comm']],
  )
  assert.equal(table.ofRecord(encodeRecord({ kind: 'state' }), 0), -1)
})

test('a pid that comes back is another process', () => {
  const table = tableOf()
  const first = table.ofRecord(socketOf(14, 7e9), 0)
  const second = table.ofRecord(socketOf(14, 8e9), 0)
  assert.notEqual(first, second)
  assert.equal(table.ofRecord(socketOf(14, 7e9), 0), first)
  assert.deepEqual([table.refer(first), table.refer(second)], ['14@700', '14@800'])
})

test('patterns name a process by pid, comm and service, whatever the case', () => {
  const table = tableOf()
  table.scan()
  assert.deepEqual(table.livingPids(), [10])
  const named = ['10', 'shop', 'SH*', 's??p', 'A (B)*', '*']
  assert.deepEqual(table.patternsOf(10, [...named, '1', '1*', 'sho', 'shop.service', '']), named)
  assert.deepEqual(table.patternsOf(11, ['*', '11']), [])
  table.apply(processRecord(RecordKind.exit, { pid: 10, startNs: 5e9, ts: nowNs }), 0)
  assert.deepEqual([table.livingPids(), table.patternsOf(10, ['*'])], [[], []])
})

test('the dead are forgotten when nothing needs them, and the table stays small', () => {
  const table = tableOf({ processes: 2 })
  const kept = table.ofRecord(socketOf(20, 1e9), 0)
  const gone = table.ofRecord(socketOf(21, 1e9), 0)
  assert.equal(table.ofRecord(socketOf(22, 1e9), 0), -1)
  assert.equal(table.limitCount, 1)
  // Neither has a folder in /proc: both have ended.
  table.sweep(new Set([kept]))
  nowNs += 16e9
  table.sweep(new Set([kept]))
  assert.deepEqual([table.count, table.refer(kept), table.refer(gone)], [1, '20@100', undefined])
})

test('who listens is told of those that live, and of each begin, exec and end once', () => {
  const table = tableOf()
  table.scan()
  const told: string[] = []
  const tell = (what: string) => (entry: { readonly pid: number; readonly startTicks: number }) =>
    void told.push(`${what} ${entry.pid}@${entry.startTicks}`)
  table.listen({ began: tell('began'), executed: tell('executed'), ended: tell('ended') })
  const record = (kind: number, pid: number, startNs: number) =>
    table.apply(processRecord(kind, { pid, startNs, ts: nowNs }), 0)
  record(RecordKind.fork, 30, 6e9)
  record(RecordKind.exec, 30, 6e9)
  record(RecordKind.exit, 30, 6e9)
  record(RecordKind.exit, 30, 6e9)
  // A pid that comes back, its exit lost.
  record(RecordKind.fork, 31, 6e9)
  record(RecordKind.fork, 31, 7e9)
  table.ofRecord(socketOf(32, 8e9), 0)
  assert.deepEqual(told.splice(0), [
    'began 10@500',
    'began 30@600',
    'executed 30@600',
    'ended 30@600',
    'began 31@600',
    'ended 31@600',
    'began 31@700',
    'began 32@800',
  ])
  addProcess(33, { start: 900, comm: 'new', argv: [], exe: '/new', cgroup: '', netns: 0 })
  table.look()
  assert.deepEqual(told.splice(0), ['ended 31@700', 'ended 32@800', 'began 33@900'])
  table.look()
  rmSync(`${root}/33`, { recursive: true })
  table.look()
  table.look()
  assert.deepEqual(told, ['ended 33@900'])
})

test('ticks are exact where nanoseconds are no longer exact numbers', () => {
  for (const ns of [0n, 9_999_999n, 10_000_000n, 4_294_967_296n, 123_456_789_012_345_678n, 2n ** 62n])
    assert.equal(ticksOf(Number(ns & 0xffff_ffffn), Number(ns >> 32n)), Number(ns / 10_000_000n), `${ns} ns`)
})

test('stat and arguments of any shape', () => {
  assert.equal(parseStat(''), undefined)
  assert.equal(parseStat('1 (x'), undefined)
  assert.equal(parseStat('1 (x) S'), undefined)
  assert.deepEqual(splitArguments('a\0\0b\0'), ['a', '', 'b'])
  assert.deepEqual(splitArguments(''), [])
  assert.equal(splitArguments('x\0'.repeat(1000)).length, 64)
})

test('the real /proc knows this process', () => {
  const facts = readProcess('/proc', process.pid)
  assert.equal(facts?.exe, process.execPath)
  assert.equal(facts.uid, process.geteuid?.())
  const startNs = bootEpochNs(systemClock, '/proc') + facts.startTicks * 1e7
  assert.ok(Math.abs(startNs / 1e6 - (Date.now() - process.uptime() * 1000)) < 2000)
  const namespaces = listNetworkNamespaces('/proc', '/run/netns')
  assert.ok(namespaces.some(({ inode }) => inode === facts.netns))
})
