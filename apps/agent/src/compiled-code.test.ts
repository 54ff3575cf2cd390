import assert from 'node:assert/strict'
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { safeCodeFolder } from './compiled-code.ts'

const isRoot = process.geteuid?.() === 0
const SOMEBODY = 65_534

/** A path of a code folder below two folders of ours; `prepare` changes what it likes. */
function check(isSafe: boolean, prepare: (outer: string, inner: string, folder: string) => void) {
  const outer = realpathSync(mkdtempSync(join(tmpdir(), 'quadrant-agent-code-')))
  const inner = join(outer, 'inner')
  const folder = join(inner, 'compiled')
  mkdirSync(inner)
  try {
    prepare(outer, inner, folder)
    assert.equal(safeCodeFolder(folder), isSafe ? folder : undefined)
    if (isSafe) assert.equal(lstatSync(folder).mode & 0o777, 0o700)
  } finally {
    rmSync(outer, { recursive: true })
  }
}

test('a folder that is ours all the way is made, and closed to others', () => {
  check(true, () => {})
  check(true, (_outer, _inner, folder) => {
    mkdirSync(folder)
    chmodSync(folder, 0o777)
  })
})

test('a folder that others could exchange is not used', () => {
  check(false, (outer) => chmodSync(outer, 0o777))
  check(!isRoot, (_outer, inner) => chmodSync(inner, 0o770))
  check(true, (outer) => chmodSync(outer, 0o1777))
  check(false, (outer, _inner, folder) => symlinkSync(outer, folder))
  check(false, (_outer, inner) => rmSync(inner, { recursive: true }))
})

test("nor one that is another user's, or below one", { skip: !isRoot && 'needs root' }, () => {
  check(false, (outer) => chownSync(outer, SOMEBODY, SOMEBODY))
  check(false, (_outer, inner) => chownSync(inner, SOMEBODY, SOMEBODY))
  check(false, (_outer, _inner, folder) => {
    mkdirSync(folder)
    chownSync(folder, SOMEBODY, SOMEBODY)
  })
})
