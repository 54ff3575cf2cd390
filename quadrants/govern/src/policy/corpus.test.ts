import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { POLICY_CODES } from './codes.ts'
import { PolicyWorkspace } from './policy-workspace.ts'

const TESTDATA = new URL('../../testdata/policy/', import.meta.url)
const SCENE = readFileSync(new URL('scene.yaml', TESTDATA), 'utf8')
const MISTAKES = readdirSync(new URL('mistakes/', TESTDATA)).toSorted()

/** What a file says at its top: `# POL010 7:3`. */
function expectedOf(text: string): readonly string[] {
  return [...text.matchAll(/^# (POL\d+ \d+:\d+)$/gm)].map(([, expected]) => expected!)
}

test('nothing is wrong with the scene', () => {
  const workspace = new PolicyWorkspace()
  workspace.setFile('scene.yaml', SCENE)
  assert.deepEqual(workspace.findings(), [])
  assert.equal(workspace.resources().length, 5)
})

for (const name of MISTAKES)
  test(`of ${name} it is told what is wrong, and where`, () => {
    const text = readFileSync(new URL(`mistakes/${name}`, TESTDATA), 'utf8')
    const workspace = new PolicyWorkspace()
    workspace.setFile('scene.yaml', SCENE)
    workspace.setFile(name, text)
    const found = workspace.findings().map(({ code, line, column }) => `${code} ${line}:${column}`)
    assert.deepEqual(found, expectedOf(text), JSON.stringify(workspace.findings(), null, 1))
  })

test('there are mistakes of each code', () => {
  const told = new Set(
    MISTAKES.flatMap((name) => expectedOf(readFileSync(new URL(`mistakes/${name}`, TESTDATA), 'utf8'))).map(
      (expected) => expected.split(' ')[0],
    ),
  )
  assert.deepEqual(
    // Back ends tell what they cannot do: the examples in `valid` have that.
    Object.values(POLICY_CODES)
      .filter((one) => one !== POLICY_CODES.unsupported)
      .map(({ code }) => code)
      // Of back ends: no document is wrong by itself.
      .filter((code) => !told.has(code) && code !== POLICY_CODES.unsupported.code),
    [],
  )
  assert.ok(MISTAKES.length >= 120)
})
