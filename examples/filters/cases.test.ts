// The cases of each example, run as their first line says.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { goFilterFile } from '../../quadrants/extend/src/testing/go-filter.ts'
import { NEEDS_GO } from '../../quadrants/extend/src/testing/go-guest.ts'

const FOLDER = import.meta.dirname
const QUADRANT = join(FOLDER, '../../apps/cli/src/main.ts')

for (const file of globSync('*/cases.yaml', { cwd: FOLDER }).toSorted()) {
  const name = dirname(file)
  test(`${name} stands its cases`, NEEDS_GO, () => {
    const module = goFilterFile(`examples/filters/${name}`)
    const command = [QUADRANT, 'filter', 'test', module, join(FOLDER, file), '-o', 'json']
    const { passed, failed } = JSON.parse(execFileSync(process.execPath, command, { encoding: 'utf8' })) as {
      readonly passed: number
      readonly failed: number
    }
    assert.ok(passed > 0)
    assert.equal(failed, 0)
  })
}
