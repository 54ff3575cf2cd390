import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseGoVersion } from './go-version.ts'

/** [text, minor, patch, prerelease, experiments, suffix] */
const CASES = [
  ['go1.26.8', 26, 8, undefined, [], ''],
  ['go1.20', 20, 0, undefined, [], ''],
  ['go1.21.0 X:nocoverageredesign', 21, 0, undefined, ['nocoverageredesign'], ''],
  ['go1.25.3 X:jsonv2,nodwarf5', 25, 3, undefined, ['jsonv2', 'nodwarf5'], ''],
  ['go1.22rc1', 22, 0, 'rc1', [], ''],
  ['go1.18beta2', 18, 0, 'beta2', [], ''],
  [
    'go1.27-devel_2f0a9c1d Tue Nov 4 10:00:00 2025 +0000',
    27,
    0,
    'devel',
    [],
    'Tue Nov 4 10:00:00 2025 +0000',
  ],
  [
    'devel go1.23-0a1b2c3d4e Mon Jan 1 00:00:00 2024 +0000',
    23,
    0,
    'devel',
    [],
    'Mon Jan 1 00:00:00 2024 +0000',
  ],
  ['go1.19.6 (Red Hat 1.19.6-1.el9)', 19, 6, undefined, [], '(Red Hat 1.19.6-1.el9)'],
  ['go1.24.4-custom', 24, 4, undefined, [], '-custom'],
] as const

test('versions as toolchains write them', () => {
  for (const [text, minor, patch, prerelease, experiments, suffix] of CASES)
    assert.deepEqual(parseGoVersion(text), { text, minor, patch, prerelease, experiments, suffix }, text)
})

test('what is not of the Go toolchain is none', () => {
  for (const text of ['', 'go', 'go2.1', 'gccgo 14', 'devel +abcdef', '1.26.1', 'go1.99999'])
    assert.equal(parseGoVersion(text), undefined, text)
})
