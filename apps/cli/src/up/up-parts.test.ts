import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { CliError } from '../cli-error.ts'
import { paint } from '../output/paint.ts'
import { restartBackoff } from './backoff.ts'
import { formatChildLog } from './child-log.ts'
import { prepareDataDirectory } from './data-directory.ts'
import { partEnvironment } from './part.ts'
import { choosePort } from './port.ts'
import { consoleAddress, parseReady } from './server-ready.ts'
import { serverUser } from './server-user.ts'

test('who the server becomes', () => {
  const all = '         0          0 4294967295\n'
  const check = (uid: number, env: Record<string, string>, expected: unknown, uidMap = all) =>
    assert.deepEqual(serverUser({ uid, env }, uidMap), expected)
  check(1000, {}, undefined)
  check(1000, { SUDO_UID: '7', SUDO_GID: '7' }, undefined)
  check(0, {}, { uid: 65_534, gid: 65_534 })
  check(0, { SUDO_UID: '1000', SUDO_GID: '100' }, { uid: 1000, gid: 100 })
  // Never root, whatever the environment says.
  check(0, { SUDO_UID: '0', SUDO_GID: '0' }, { uid: 65_534, gid: 65_534 })
  check(0, { SUDO_UID: 'x', SUDO_GID: '1' }, { uid: 65_534, gid: 65_534 })
  check(0, { SUDO_UID: '1000' }, { uid: 65_534, gid: 65_534 })
  // There is nobody else to become.
  check(0, { SUDO_UID: '1000', SUDO_GID: '100' }, undefined, '         0       1000          1\n')
})

test('the parts get nothing of the environment that changes what they run', () => {
  const env = {
    PATH: '/bin',
    NODE_OPTIONS: '--inspect',
    LD_PRELOAD: '/x.so',
    NODE_COMPILE_CACHE: '/c',
    SECRET: 'x',
  }
  assert.deepEqual(partEnvironment(env), { PATH: '/bin', NODE_COMPILE_CACHE: '/c' })
})

test('ports', async () => {
  const taken = createServer().listen({ host: '127.0.0.1', port: 0 })
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  await assert.rejects(choosePort(port), (error) => error instanceof CliError && error.code === 'QDR-C006')
  assert.ok((await choosePort(0)) > 0)
  assert.ok((await choosePort(undefined)) > 0)
  taken.close()
})

test('restarts: doubling, capped, quick again after a healthy life', () => {
  const next = restartBackoff()
  assert.deepEqual(
    Array.from({ length: 8 }, () => next(10)),
    [100, 200, 400, 800, 1600, 3200, 5000, 5000],
  )
  assert.equal(next(60_000), 100)
  assert.equal(next(10), 200)
})

test('log lines of the parts', () => {
  const check = (line: string, expected: string | undefined, verbose = false) =>
    assert.equal(formatChildLog('agent', line, { paint: paint(false), verbose }), expected)
  check('{"level":30,"msg":"opened"}', undefined)
  check('{"level":30,"msg":"opened","programs":12,"name":"agent"}', 'agent  opened  programs=12', true)
  check('{"level":40,"msg":"slow","ms":5,"what":"a b"}', 'agent  slow  ms=5 what=a b')
  check('{"level":50,"msg":"failed","err":{"message":"EPERM","stack":"…"}}', 'agent  failed: EPERM')
  check('plain text\u001b[2J', 'agent  plain text\\x1b[2J')
  check('{"level":50,"msg":{"a":1}}', 'agent  ')
  check('   ', undefined)
  check('{broken', 'agent  {broken')
})

test('the ready line', () => {
  const ready = parseReady('{"ready":true,"address":"http://127.0.0.1:7700","token":"abc"}')
  assert.equal(consoleAddress(ready!), 'http://127.0.0.1:7700/?token=abc')
  for (const other of ['', '{}', 'null', '{"ready":false,"address":"a","token":"b"}', '{"ready":true}'])
    assert.equal(parseReady(other), undefined)
})

test('data directories', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-data-'))
  try {
    const check = (path: string, code: string | undefined) => {
      if (code === undefined) prepareDataDirectory(path, false)
      else
        assert.throws(
          () => prepareDataDirectory(path, false),
          (error) => error instanceof CliError && error.code === code,
        )
    }
    const fresh = join(folder, 'a', 'b')
    check(fresh, undefined)
    for (const name of ['agent', 'server']) mkdirSync(join(fresh, name))
    for (const name of ['server.json', 'up.json', 'up.json.77']) writeFileSync(join(fresh, name), '')
    check(fresh, undefined)
    check(folder, 'QDR-C007') // It holds `a`.
    writeFileSync(join(folder, 'file'), '')
    check(join(folder, 'file'), 'QDR-C007')
    check(join(folder, 'file', 'below'), 'QDR-C007')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
