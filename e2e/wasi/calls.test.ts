// Every call of preview 1 with its errors (guest/wasicalls): answered as wasmtime answers, or for a reason otherwise.
// `npm test` believes the table of differences where it says that wasmtime ends the guest; `npm run e2e` looks at each.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { FULL } from '../requirements.ts'
import { callAnswers, compileCalls, withoutZig } from './call-answers.ts'
import { CALL_DIFFERENCES } from './call-differences.ts'
import { OURS, WASMTIME_PEER, withoutWasmtime } from './runtime.ts'

/** A call for which wasmtime ends the guest, as far as the table knows. */
const TRAPPING = CALL_DIFFERENCES.filter(({ theirs }) => theirs.source.startsWith('^TRAP'))

test(
  'each call of preview 1 is answered as by wasmtime, line by line',
  { skip: withoutWasmtime() || withoutZig() },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'quadrant-wasicalls-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const program = compileCalls(folder)
    const ours = await callAnswers(OURS, program)
    assert.equal(ours.filter(({ answer }) => answer === '').length, 0)
    const names = new Set(ours.map(({ call }) => /^\w+/.exec(call)![0]))
    // All but proc_exit, by which the program ends.
    assert.equal(names.size, 45)
    t.diagnostic(`${ours.length} calls`)

    const trapping = FULL
      ? []
      : ours.filter((one) =>
          TRAPPING.some(({ calls, ours }) => calls.test(one.call) && ours.test(one.answer)),
        )
    const theirs = await callAnswers(
      WASMTIME_PEER,
      program,
      trapping.map(({ number }) => number),
    )
    assert.deepEqual(
      theirs.map(({ call }) => call),
      ours.map(({ call }) => call),
    )
    const seen = new Set<string>()
    const unexplained = ours.flatMap((one, index) => {
      const their = theirs[index]!.answer
      if (one.answer === their || their === 'left out') return []
      const difference = CALL_DIFFERENCES.find(
        ({ calls, ours, theirs }) => calls.test(one.call) && ours.test(one.answer) && theirs.test(their),
      )
      if (difference !== undefined) seen.add(difference.why)
      return difference === undefined ? [`${one.call}: ${one.answer}; wasmtime: ${their}`] : []
    })
    assert.deepEqual(unexplained, [])
    if (FULL)
      assert.deepEqual(
        CALL_DIFFERENCES.filter(({ why }) => !seen.has(why)).map(({ why }) => why),
        [],
        'differences that are none',
      )
  },
)
