// guest/go/proxywasm as Go's own tools see it. What it does in a host is in the tests of filters.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { REPOSITORY } from '../testing/built-filter.ts'
import { NEEDS_GO } from '../testing/go-guest.ts'

const WASM = { GOOS: 'wasip1', GOARCH: 'wasm' }

function check(folder: string, command: string, args: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: join(REPOSITORY, folder),
    env: { ...process.env, GOFLAGS: '-buildvcs=false', ...env },
    encoding: 'utf8',
  })
  assert.equal(status, 0, stdout + stderr)
  return stdout
}

test('the SDK and the examples are as gofmt and vet want them', NEEDS_GO, () => {
  for (const [folder, packages] of [
    ['guest/go', './proxywasm'],
    ['examples/filters', './...'],
  ] as const) {
    assert.equal(check(folder, 'gofmt', ['-l', folder === 'guest/go' ? 'proxywasm' : '.']), '')
    check(folder, 'go', ['vet', packages], WASM)
    check(folder, 'go', ['vet', packages])
  }
})

test('what of the SDK asks no host passes its tests', NEEDS_GO, () => {
  check('guest/go', 'go', ['test', './proxywasm'])
})
