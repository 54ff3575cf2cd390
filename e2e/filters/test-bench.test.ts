// Connections of `quadrant filter test` are what they are in a gateway and in Envoy, for filters in Go and in Rust.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkCases, runCases } from '@quadrant/extend/test-bench'
import { FULL } from '../requirements.ts'
import { compileGo, KEPT_GUESTS, withoutToolchains } from './guest-modules.ts'

/** What a filter does at each callback, as `guest/filtercases` reads it, and what is to come of it. */
const CASES = String.raw`cases:
  - name: bytes are changed in both directions
    configuration: "filter tcp\ndownstream_data#1 set_buffer 2 0 99 ONE\nupstream_data#1 set_buffer 3 0 5 ECHO:"
    connection: [{ client: one }, { client: two }, { upstream: 'echo:one' }]
    expect: { outcome: passed, to_upstream: ONEtwo, to_client: 'ECHO:one' }
  - name: what is held goes on with what comes
    configuration: "filter tcp\ndownstream_data#1 pause"
    connection: [{ client: one }, { client: two }]
    expect: { outcome: passed, to_upstream: onetwo }
  - name: what is held for ever waits
    configuration: "filter tcp\ndownstream_data pause"
    connection: [{ client: one }, { client: two, end: true }]
    expect: { outcome: waiting, to_upstream: '' }
  - name: a connection that is held goes on at a tick
    configuration: "filter tcp\nnew_connection pause\nnew_connection self >stream\nnew_connection tick_period 900\ntick effective $stream\ntick continue 2\ntick tick_period 0"
    connection: [{ client: one }]
    expect: { outcome: passed, to_upstream: one }
  - name: a filter closes it
    configuration: "filter tcp\ndownstream_data#1 close 2"
    connection: [{ client: one }, { client: two }]
    expect: { outcome: closed }
  - name: a trap ends it
    configuration: "filter tcp\ndownstream_data#1 trap"
    connection: [{ client: one }]
    expect: { outcome: closed, to_upstream: '', crash: trap }
`

async function check(module: Uint8Array): Promise<void> {
  const { value, diagnostics } = checkCases(CASES)
  assert.deepEqual(diagnostics, [])
  let count = 0
  for await (const { name, failures } of runCases(module, value!)) {
    count++
    assert.deepEqual(
      failures.map(({ message }) => message),
      [],
      name,
    )
  }
  assert.equal(count, 6)
}

test('a filter in Rust', async () => {
  await check(readFileSync(KEPT_GUESTS.rust!))
})

test('a filter in Go', { skip: FULL ? withoutToolchains() : 'asked by npm run e2e' }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-test-bench-'))
  t.after(() => rmSync(folder, { recursive: true }))
  await check(readFileSync(compileGo(folder)))
})
