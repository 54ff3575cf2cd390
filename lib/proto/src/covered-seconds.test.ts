import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { coveredSeconds } from './covered-seconds.ts'
import { GetMapResponseSchema } from './gen/quadrant/v1/api_pb.ts'

test('rates are over the seconds that hold data, within the range', () => {
  const check = (rangeSeconds: number, edgeSeconds: readonly number[], expected: number) =>
    assert.equal(
      coveredSeconds(
        create(GetMapResponseSchema, {
          range: { startNs: 1e18, endNs: 1e18 + rangeSeconds * 1e9 },
          edges: edgeSeconds.map((seconds) => ({ seconds })),
        }),
      ),
      expected,
    )
  check(60, [], 60)
  check(60, [0], 60)
  check(60, [12], 12)
  check(60, [61], 60)
  check(0, [], 1)
})
