import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Gcload, NEEDS_PROBES } from './gc/testing/gcload.ts'

const FIXTURE = fileURLToPath(import.meta.resolve('./testing/as-nobody.fixture.ts'))

test('without root, own programs are known, and what is not seen is said', NEEDS_PROBES, () => {
  using program = new Gcload({ name: 'unprivileged' })
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-nobody-'))
  try {
    chmodSync(folder, 0o755)
    const path = join(folder, 'gcload')
    copyFileSync(program.path, path)
    const output = execFileSync(process.execPath, [FIXTURE, path], { encoding: 'utf8' })
    const told = JSON.parse(output) as {
      readonly source: string
      readonly blindSpots: readonly string[]
      readonly builds: readonly { readonly runtime: string; readonly exe: string }[]
      readonly goroutines: number
      readonly refused: readonly string[]
    }
    assert.equal(told.source, 'proc')
    assert.ok(told.builds.some(({ runtime, exe }) => runtime === 'go' && exe === path))
    // Ten that wait, and main.
    assert.equal(told.goroutines, 11)
    assert.deepEqual(told.refused, ['host'])
    for (const spot of [
      /collections of Go programs are not seen: probes need the kernel's programs/,
      /where processor time goes is not seen/,
      /the executables of \d+ processes of other users may not be read/,
      /what a process executes is looked up once a second/,
    ])
      assert.ok(
        told.blindSpots.some((said) => spot.test(said)),
        `${String(spot)} in ${told.blindSpots.join('\n')}`,
      )
  } finally {
    rmSync(folder, { recursive: true })
  }
})
