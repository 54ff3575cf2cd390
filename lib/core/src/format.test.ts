import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  formatBytes,
  formatCount,
  formatDurationNs,
  formatDurationUs,
  formatRate,
  formatShare,
} from './format.ts'

const CASES: readonly (readonly [actual: string, expected: string])[] = [
  [formatBytes(0), '0 B'],
  [formatBytes(999), '999 B'],
  [formatBytes(1000), '1.00 kB'],
  [formatBytes(999_999), '1.00 MB'],
  [formatBytes(1.5e6), '1.50 MB'],
  [formatBytes(1e21), '1000000 PB'],
  [formatCount(12), '12'],
  [formatCount(0.5), '0.50'],
  [formatCount(3400), '3.40k'],
  [formatCount(Number.NaN), '–'],
  [formatRate(12_000_000, 'B'), '12.0 MB/s'],
  [formatShare(0), '0 %'],
  [formatShare(0.00004), '< 0.01 %'],
  [formatShare(0.0031), '0.31 %'],
  [formatShare(0.125), '12.5 %'],
  [formatShare(Number.NaN), '–'],
  [formatDurationNs(850.4), '850 ns'],
  [formatDurationNs(1250), '1.25 µs'],
  [formatDurationNs(999_400), '999 µs'],
  [formatDurationNs(12_345_000), '12.3 ms'],
  [formatDurationUs(850), '850 µs'],
  [formatDurationUs(12_345), '12.3 ms'],
  [formatDurationUs(4.56e6), '4.56 s'],
  [formatDurationUs(192e6), '3 m 12 s'],
  [formatDurationUs(7500e6), '2 h 5 m'],
]

for (const [actual, expected] of CASES) test(`prints ${expected}`, () => assert.equal(actual, expected))
