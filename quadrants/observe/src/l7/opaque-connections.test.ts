import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OpaqueConnections, type TlsPlace } from './opaque-connections.ts'
import type { OpaqueSeries } from './request-source.ts'

const SERVER: TlsPlace = { cgroupId: 7, side: 'server', serverPort: 443, serverAddress: '' }

const series = (name: string, count: number, place = SERVER): OpaqueSeries => ({
  ...place,
  peer: 'loopback',
  serverName: name,
  count,
})

const told = (rows: readonly OpaqueSeries[]) => rows.map(({ serverName, count }) => `${serverName} ${count}`)

test('counts are cumulative, and told at once where nothing is read', () => {
  const opaque = new OpaqueConnections()
  assert.deepEqual(told(opaque.take([series('shop', 2)], false)), ['shop 2'])
  assert.deepEqual(told(opaque.take([series('shop', 2), series('bank', 1)], false)), ['bank 1'])
  assert.deepEqual(told(opaque.take([series('shop', 5)], false)), ['shop 3'])
  // What counted them is another one.
  opaque.clear()
  assert.deepEqual(told(opaque.take([series('shop', 5)], false)), ['shop 5'])
})

test('what is read is not told, whichever name it asked for, and word of it may come before or after', () => {
  const opaque = new OpaqueConnections()
  const rows = [series('shop', 2), series('bank', 2)]
  opaque.cover([SERVER, SERVER])
  assert.deepEqual(told(opaque.take(rows, true)), [])
  opaque.cover([SERVER])
  assert.deepEqual(told(opaque.take(rows, true)), [])
  assert.deepEqual(told(opaque.take(rows, true)), ['bank 1'])
  opaque.cover([SERVER])
  assert.deepEqual(opaque.take(rows, true), [])
  const more = [series('shop', 3), series('bank', 2)]
  assert.deepEqual(opaque.take(more, true), [])
  assert.deepEqual(opaque.take(more, true), [])
})

test('word of one that is read holds for its place alone, and not for ever', () => {
  const opaque = new OpaqueConnections()
  const others: readonly Partial<TlsPlace>[] = [
    { cgroupId: 8 },
    { side: 'client' },
    { serverPort: 444 },
    { serverAddress: '10.0.0.1' },
  ]
  for (const other of others) opaque.cover([{ ...SERVER, ...other }])
  assert.deepEqual(told(opaque.take([series('shop', 1)], false)), ['shop 1'])
  opaque.cover([SERVER])
  for (let tick = 0; tick < 5; tick++) assert.deepEqual(opaque.take([series('shop', 1)], true), [])
  assert.deepEqual(told(opaque.take([series('shop', 2)], false)), ['shop 1'])
})
