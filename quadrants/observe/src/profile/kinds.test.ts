import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FrameKind, SampleKind } from '@quadrant/proto'
import { FRAME_KIND, SAMPLE_KIND } from './kinds.ts'

test('kinds have the numbers that the protocol gives them', () => {
  const { UNSPECIFIED, ...frames } = FrameKind
  assert.equal(UNSPECIFIED, 0)
  assert.deepEqual(
    FRAME_KIND,
    Object.fromEntries(Object.entries(frames).map(([name, number]) => [name.toLowerCase(), number])),
  )
  const { UNSPECIFIED: program, GC: gc, RUNTIME: runtime } = SampleKind
  assert.deepEqual(SAMPLE_KIND, { program, gc, runtime })
})
