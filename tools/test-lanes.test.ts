import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

const RUNNER = `
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { pipeline } from 'node:stream/promises'
const { TestLanes } = await import(process.env.LANES)
const lanes = new TestLanes(process.argv.slice(2).map((file) => run({ files: [file], concurrency: 1 })))
await pipeline(lanes.events, new spec(), process.stdout, { end: false })
process.exitCode = lanes.isPassed ? 0 : 1
`

function runLanes(sources: Readonly<Record<string, string>>): { code: number | null; output: string } {
  const directory = mkdtempSync(join(tmpdir(), 'quadrant-lanes-'))
  try {
    const files = Object.entries(sources).map(([name, source]) => {
      const file = join(directory, `${name}.test.mjs`)
      writeFileSync(file, `import { test } from 'node:test'\n${source}`)
      return file
    })
    const runner = join(directory, 'runner.mjs')
    writeFileSync(runner, RUNNER)
    const { status, stdout } = spawnSync(process.execPath, [runner, ...files], {
      encoding: 'utf8',
      env: {
        ...process.env,
        NODE_TEST_CONTEXT: undefined,
        LANES: new URL('test-lanes.ts', import.meta.url).href,
      },
    })
    return { code: status, output: stdout }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

test('two lanes that pass: the tests of each file stand together, and are counted once', () => {
  const slow = `for (const name of ['a1', 'a2', 'a3']) test(name, () => new Promise((end) => setTimeout(end, 100)))`
  const { code, output } = runLanes({
    a: slow,
    b: slow.replaceAll("'a", "'b") + `\ntest('b4', { skip: true }, () => {})`,
  })
  const told = [...output.matchAll(/^. ([ab]\d)/gm)].map(([, name]) => name)
  assert.deepEqual(told.filter((name) => name!.startsWith('a')).length, 3)
  assert.equal(/^(?:a1 a2 a3 b1 b2 b3 b4|b1 b2 b3 b4 a1 a2 a3)$/.test(told.join(' ')), true, output)
  assert.match(
    output,
    /ℹ tests 7\n.*ℹ suites 0\nℹ pass 6\nℹ fail 0\nℹ cancelled 0\nℹ skipped 1\nℹ todo 0\nℹ duration_ms/s,
  )
  assert.equal(code, 0)
})

test('one that fails, or ends in the middle, fails the whole, and is told at the end', () => {
  const { code, output } = runLanes({
    good: `test('good', () => {})`,
    bad: `test('bad', () => { throw new Error('this is bad') })`,
  })
  assert.match(output, /ℹ pass 1\nℹ fail 1\n/)
  assert.match(output, /failing tests:[^]*bad[^]*this is bad/)
  assert.equal(code, 1)

  const ended = runLanes({ good: `test('good', () => {})`, ended: `test('ended', () => process.exit(3))` })
  assert.equal(ended.code, 1)
  assert.match(ended.output, /ℹ fail 1\n/)
})
