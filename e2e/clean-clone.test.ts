// The README's two commands in a clean clone, with the Node that the machine has. Installs packages: full length only.
import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { call, type MapAnswer } from './api.ts'
import { eventually } from './quadrant.ts'
import { FULL } from './requirements.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const START_TIMEOUT_MS = 180_000

/** npm puts the packaged Node first on the path of its scripts: a newcomer's shell has not. */
const SYSTEM_PATH = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .join(delimiter)

test(
  'npm start and npm test work in a clean clone',
  { skip: FULL ? false : 'runs with npm run e2e', timeout: 600_000 },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'quadrant-clone-'))
    try {
      const clone = join(folder, 'quadrant')
      execFileSync('git', ['clone', '-q', ROOT, clone])
      for (const start of ['first', 'second']) {
        const { addressMs, edgeMs } = await startAndSeeAnEdge(clone, join(folder, start))
        t.diagnostic(`${start} npm start: address after ${addressMs} ms, first edge after ${edgeMs} ms`)
      }
      const tests = spawnSync('npm', ['test', '--', 'lib/core'], {
        cwd: clone,
        encoding: 'utf8',
        env: { ...process.env, PATH: SYSTEM_PATH },
      })
      assert.equal(tests.status, 0, tests.stdout + tests.stderr)
      assert.match(tests.stdout, /pass \d+/)
      assert.equal(execFileSync('git', ['status', '--porcelain'], { cwd: clone, encoding: 'utf8' }), '')
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
)

async function startAndSeeAnEdge(
  clone: string,
  data: string,
): Promise<{ addressMs: number; edgeMs: number }> {
  const started = performance.now()
  const elapsedMs = () => Math.round(performance.now() - started)
  const child = spawn('npm', ['start', '--', '--data', data, '--demo'], {
    cwd: clone,
    env: { ...process.env, PATH: SYSTEM_PATH },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  try {
    const address = await firstAddress(child.stdout)
    assert.ok(address, 'no address was printed')
    const addressMs = elapsedMs()
    await eventually(
      'an edge',
      async () =>
        (await call<MapAnswer>(data, 'GetMap', {}).catch(() => undefined))?.edges?.length ? true : undefined,
      START_TIMEOUT_MS,
    )
    return { addressMs, edgeMs: elapsedMs() }
  } finally {
    // npm and what it started are one process group, as with Ctrl-C.
    if (child.exitCode === null) {
      const exited = once(child, 'exit')
      process.kill(-child.pid!, 'SIGINT')
      await exited
    }
  }
}

async function firstAddress(stdout: NodeJS.ReadableStream): Promise<string | undefined> {
  for await (const line of createInterface({ input: stdout })) if (line.startsWith('http://')) return line
  return undefined
}
