// Every call of preview 1 with its errors (guest/wasicalls): answered as wasmtime answers, or for a reason otherwise.
// `npm test` believes the table of differences where it says that wasmtime ends the guest; `npm run e2e` looks at each.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { FULL } from '../requirements.ts'
import { compareCalls, compileCalls, withoutZig } from './call-answers.ts'
import { CALL_DIFFERENCES } from './call-differences.ts'
import { withoutWasmtime } from './runtime.ts'

test(
  'each call of preview 1 is answered as by wasmtime, line by line',
  { skip: withoutWasmtime() || withoutZig() },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'quadrant-wasicalls-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const { answers, comparisons } = await compareCalls(compileCalls(folder), { isTableBelieved: !FULL })
    t.diagnostic(`${answers.length} calls, of which ${comparisons.length} are seen to differ`)
    // All but proc_exit, by which the program ends.
    assert.equal(new Set(answers.map(({ call }) => /^\w+/.exec(call)![0])).size, 45)
    assert.deepEqual(
      comparisons
        .filter(({ difference }) => difference === undefined)
        .map(({ call, ours, theirs }) => `${call}: ${ours}; wasmtime: ${theirs}`),
      [],
    )
    if (!FULL) return
    const seen = new Set(comparisons.map(({ difference }) => difference))
    assert.deepEqual(
      CALL_DIFFERENCES.filter((one) => !seen.has(one)).map(({ why }) => why),
      [],
      'differences that are none',
    )
  },
)
