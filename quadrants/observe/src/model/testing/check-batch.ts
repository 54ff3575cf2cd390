import assert from 'node:assert/strict'
import { dropLines, edgeLines, ModelHarness, rowLines, type HarnessOptions } from './model-harness.ts'
import type { RecordText } from './record-encoder.ts'

export interface Expected {
  readonly edges: readonly string[]
  readonly rows?: readonly string[]
  readonly drops?: readonly string[]
}

/** Applies records to a new model, and compares its first batch at `ns`. Returns it after one tick more. */
export function check(
  records: readonly RecordText[],
  expected: Expected,
  options?: HarnessOptions,
  ns = 1e9,
) {
  const harness = new ModelHarness(options)
  harness.apply(...records)
  const { batch } = harness.tick(ns)
  assert.deepEqual(edgeLines(batch), expected.edges)
  if (expected.rows) assert.deepEqual(rowLines(batch), expected.rows)
  assert.deepEqual(dropLines(batch), expected.drops ?? [])
  harness.tick(ns + 1e9)
  return harness
}
