import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { FilterUseSchema, GatewayReportSchema } from '@quadrant/proto'
import { FilterReadings } from './filter-readings.ts'

const PLACES = new Set(['auth'])
const MODULE = new Uint8Array(32).fill(1)

function report(seconds: number, use: MessageInitShape<typeof FilterUseSchema>) {
  const auth = create(FilterUseSchema, { name: 'auth', moduleSha256: MODULE, instances: 2, ...use })
  return create(GatewayReportSchema, { uptimeNs: seconds * 1e9, filters: [auth] })
}

function rates(readings: FilterReadings) {
  const { streamsPerSecond, callsPerSecond, cores } = readings.of('edge', 'auth')!
  return [streamsPerSecond, callsPerSecond, cores]
}

const UNKNOWN = [undefined, undefined, undefined]

test('how fast counts go is their difference by the time of the gateway', () => {
  const readings = new FilterReadings()
  readings.keep('edge', PLACES, report(10, { streams: 100, calls: 400, callMeanNs: 1000 }), 1)
  assert.deepEqual(rates(readings), UNKNOWN)
  readings.keep('edge', PLACES, report(14, { streams: 300, calls: 1200, callMeanNs: 5000 }), 2)
  assert.deepEqual(rates(readings), [50, 200, 5_600_000 / 4e9])
  assert.equal(readings.of('edge', 'auth')!.receivedNs, 2)
})

const RESETS: Readonly<Record<string, ReturnType<typeof report>>> = {
  'another module': report(20, { streams: 900, calls: 900, moduleSha256: new Uint8Array(32) }),
  'counts that went back': report(20, { streams: 99, calls: 900 }),
  'fewer calls': report(20, { streams: 900, calls: 1 }),
  'fewer instances': report(20, { streams: 900, calls: 900, instances: 1 }),
  'another process': report(3, { streams: 900, calls: 900 }),
}
for (const [name, next] of Object.entries(RESETS))
  test(`${name}: nobody knows how fast, until the next`, () => {
    const readings = new FilterReadings()
    readings.keep('edge', PLACES, report(10, { streams: 100, calls: 400 }), 1)
    readings.keep('edge', PLACES, next, 2)
    assert.deepEqual(rates(readings), UNKNOWN)
  })

test('a session that comes back does not spread its counts over the time it was away', () => {
  const readings = new FilterReadings()
  readings.keep('edge', PLACES, report(10, { streams: 100, calls: 400 }), 1)
  readings.begin('edge')
  assert.equal(readings.of('edge', 'auth')!.use!.streams, 100)
  readings.keep('edge', PLACES, report(90, { streams: 200, calls: 500 }), 2)
  assert.deepEqual(rates(readings), UNKNOWN)
})

test('filters without a place, and gateways that are forgotten, are not there', () => {
  const readings = new FilterReadings()
  readings.keep('edge', new Set(['other']), report(10, {}), 1)
  assert.equal(readings.of('edge', 'auth'), undefined)
  readings.keep('edge', PLACES, report(10, {}), 1)
  assert.deepEqual(readings.nodesOf('auth'), ['edge'])
  readings.retain(new Set(['another']))
  assert.deepEqual(readings.nodesOf('auth'), [])
})
