import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { hasCommand, readTestObject, TESTDATA } from './bpf-test.ts'

/** The committed objects are this version's; another one makes other bytes of the same source. */
const CLANG = '14.0'

const skip = whyNoCompiler()

test('the committed objects are what their sources compile to', { skip }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'testdata-'))
  try {
    execFileSync(join(TESTDATA, 'build.sh'), [directory])
    const compiled = readdirSync(directory).sort()
    assert.deepEqual(
      compiled,
      readdirSync(TESTDATA)
        .filter((name) => name.endsWith('.o'))
        .sort(),
    )
    for (const name of compiled)
      assert.ok(
        readFileSync(join(directory, name)).equals(readTestObject(name)),
        `${name}: run testdata/build.sh`,
      )
  } finally {
    rmSync(directory, { recursive: true })
  }
})

function whyNoCompiler(): string | false {
  for (const command of ['clang', 'llvm-strip'])
    if (!hasCommand(command)) return `${command} is not installed`
  const version = execFileSync('clang', ['--version'], { encoding: 'utf8' })
  return version.includes(`version ${CLANG}`) ? false : `clang is not ${CLANG}`
}
