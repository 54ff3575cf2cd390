import { test } from 'node:test'
import { check } from './testing/check-batch.ts'
import type { RecordText } from './testing/record-encoder.ts'
import { SHORT } from './testing/short-connection.ts'

const MS = 1e6

test('the other end is looked for in the same namespace first, and an ambiguous one is left alone', () => {
  const a: RecordText = {
    kind: 'state',
    cookie: 1,
    netns: 1,
    local: '10.0.0.1:4000',
    remote: '10.0.0.2:80',
    ts: 1 * MS,
    from: 'synSent',
    to: 'established',
    pid: 1,
  }
  const b: RecordText = {
    kind: 'state',
    cookie: 2,
    netns: 2,
    local: '10.0.0.2:80',
    remote: '10.0.0.1:4000',
    ts: 1 * MS,
    from: 'synRecv',
    to: 'established',
    pid: 2,
  }
  const owners = (...records: RecordText[]) =>
    Array.from(records, (record): RecordText => ({ ...record, kind: 'owner' }))
  check([a, b, ...owners(a, b)], { edges: ['pid1 > pid2:80/tcp cs opened=1 active=1'] })
  const twin: RecordText = { ...b, cookie: 3, netns: 3, pid: 3 }
  check([a, b, twin, ...owners(a, b, twin)], {
    edges: [
      '10.0.0.1 > pid2:80/tcp s opened=1 active=1',
      '10.0.0.1 > pid3:80/tcp s opened=1 active=1',
      'pid1 > 10.0.0.2:80/tcp c opened=1 active=1',
    ].sort(),
    drops: ['tracer.join ambiguous 1'],
  })
  const near: RecordText = { ...b, cookie: 4, netns: 1, pid: 4 }
  check([a, b, near, ...owners(a, b, near)], {
    edges: ['10.0.0.1 > pid2:80/tcp s opened=1 active=1', 'pid1 > pid4:80/tcp cs opened=1 active=1'],
  })
  // Loopback addresses mean another machine in another namespace.
  const far: RecordText[] = [
    { ...a, local: '127.0.0.1:4000', remote: '127.0.0.1:80' },
    { ...b, local: '127.0.0.1:80', remote: '127.0.0.1:4000' },
  ]
  check([...far, ...owners(...far)], {
    edges: ['127.0.0.1 > pid2:80/tcp s opened=1 active=1', 'pid1 > 127.0.0.1:80/tcp c opened=1 active=1'],
  })
  const six: RecordText[] = [
    { ...a, netns: 2, local: '[fd00::1]:4000', remote: '[fd00::2]:80' },
    { ...b, local: '[fd00::2]:80', remote: '[fd00::1]:4000' },
  ]
  check([...six, ...owners(...six)], { edges: ['pid1 > pid2:80/tcp cs opened=1 active=1'] })
})

test('a tuple that is used again joins its own other end', () => {
  const later = (records: readonly RecordText[]) =>
    records.map((record): RecordText => ({
      ...record,
      cookie: record.cookie! + 10,
      ts: record.ts! + 200 * MS,
    }))
  check([...SHORT, ...later(SHORT)], {
    edges: [
      'pid7 > pid9:80/tcp cs opened=2 closed=2 bytesToServer=20 bytesToClient=4000 segmentsToServer=10 segmentsToClient=8 ' +
        'retransmits=2 srttUsSum=60 srttSamples=2 srttUsMax=30 connectUsSum=2000 connectSamples=2 connectUsMax=1000',
    ],
  })
})
