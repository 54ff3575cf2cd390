// Whatever code somebody is shown, `quadrant explain` knows it.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { EXPLANATIONS } from './explanations.ts'

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))
/** As diagnostics are named: letters and three digits in quotes. Digests are called alike. */
const CODE = /(['"`])((?!SHA)[A-Z]{3,8}\d{3}|QDR-[A-Z]\d{3})\1/g
const NOT_OURS = /(?:^|\/)(?:node_modules|gen|testing|explain)\/|\.(?:test|fixture|case)\.tsx?$/

test('every code of a diagnostic in the source is explained', () => {
  const found = new Map<string, string>()
  for (const path of globSync('{apps,lib,quadrants}/*/src/**/*.{ts,tsx}', { cwd: ROOT })) {
    if (NOT_OURS.test(path)) continue
    for (const [, , code] of readFileSync(`${ROOT}/${path}`, 'utf8').matchAll(CODE)) found.set(code!, path)
  }
  for (const known of [
    'QDR-C001',
    'QDR-O010',
    'QRY001',
    'PIPE001',
    'GATE001',
    'SAMPLE004',
    'ROUTE003',
    'BPF001',
  ])
    assert.ok(found.has(known), `${known} is not where it is looked for`)
  const unknown = [...found].filter(([code]) => !EXPLANATIONS.has(code))
  assert.deepEqual(unknown, [])
})
