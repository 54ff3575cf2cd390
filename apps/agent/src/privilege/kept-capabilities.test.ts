import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { keptCapabilities } from './kept-capabilities.ts'

test('SECURITY.md lists what the agent keeps, and why, neither more nor less', () => {
  const document = readFileSync(new URL('../../../../SECURITY.md', import.meta.url), 'utf8')
  const rows = [...document.matchAll(/^\| `CAP_([A-Z_]+)` +\| (kept|) +\| +(\S.*\S) +\|$/gm)]
  const told = (names: readonly string[]) => names.map((name) => name.toUpperCase()).toSorted()
  assert.deepEqual(rows.map(([, name = '']) => name).toSorted(), told(keptCapabilities('auto')))
  const withProc = rows.filter(([, , kept]) => kept === 'kept').map(([, name = '']) => name)
  assert.deepEqual(withProc.toSorted(), told(keptCapabilities('proc')))
})
