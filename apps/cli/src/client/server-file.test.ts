import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { CliError } from '../cli-error.ts'
import { dataDir, dataDirsToSearch } from './data-dir.ts'
import { findServer, parseServerFile } from './server-file.ts'

const GOOD = { address: 'http://127.0.0.1:7700', token: 'abc', pid: 1, version: '0.1.0' }
const WHO = { command: 'quadrant', uid: 1000 }

test('data directories: flag, environment, root, XDG', () => {
  const check = (
    flag: string | undefined,
    uid: number,
    env: Record<string, string>,
    expected: readonly string[],
  ) => {
    assert.equal(dataDir(flag, { uid, env }), expected[0])
    assert.deepEqual(dataDirsToSearch(flag, { uid, env }), expected)
  }
  check('/x', 0, { QUADRANT_DATA: '/y' }, ['/x'])
  check(undefined, 0, { QUADRANT_DATA: '/y' }, ['/y'])
  check(undefined, 0, {}, ['/var/lib/quadrant'])
  check(undefined, 5, { HOME: '/home/a' }, ['/home/a/.local/state/quadrant', '/var/lib/quadrant'])
  check(undefined, 5, { HOME: '/home/a', XDG_STATE_HOME: '/s' }, ['/s/quadrant', '/var/lib/quadrant'])
})

test('only a server of this machine gets the token', () => {
  const check = (value: unknown, ok: boolean) =>
    assert.equal(parseServerFile(JSON.stringify(value)) !== undefined, ok, JSON.stringify(value))
  check(GOOD, true)
  check({ ...GOOD, address: 'http://[::1]:1' }, true)
  check({ ...GOOD, address: 'http://example.com:7700' }, false)
  check({ ...GOOD, address: 'http://127.0.0.1:7700@example.com' }, false)
  check({ ...GOOD, address: 'https://127.0.0.1:7700' }, false)
  check({ ...GOOD, token: 'a\nb' }, false)
  check({ ...GOOD, pid: '1' }, false)
  check(null, false)
  check([], false)
})

test('the first directory with a server wins; without one the error says how to start it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-server-file-'))
  try {
    const empty = join(folder, 'empty')
    const good = join(folder, 'good')
    const broken = join(folder, 'broken')
    for (const path of [empty, good, broken]) mkdirSync(path)
    writeFileSync(join(good, 'server.json'), JSON.stringify(GOOD))
    writeFileSync(join(broken, 'server.json'), '{')
    assert.equal(findServer([empty, good], WHO).data, good)
    const check = (paths: readonly string[], code: string) =>
      assert.throws(
        () => findServer(paths, WHO),
        (error) =>
          error instanceof CliError &&
          error.code === code &&
          error.exitCode === 3 &&
          /quadrant up/.test(error.fix ?? ''),
      )
    check([empty], 'QDR-C001')
    check([broken, good], 'QDR-C003')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
