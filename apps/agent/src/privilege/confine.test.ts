import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readCapabilities } from '@quadrant/ebpf'
import { keptCapabilities } from './kept-capabilities.ts'

const isRoot = process.geteuid?.() === 0
const hasAll = isRoot && readCapabilities().bounding.includes('setpcap')
const skip = !hasAll && 'needs root with CAP_SETPCAP'

interface Found {
  readonly permitted: readonly string[]
  readonly effective: readonly string[]
  readonly bounding: readonly string[]
  readonly noNewPrivs: boolean
  readonly inheritable: string
  readonly ambient: string
  readonly environment: Readonly<Record<string, string>>
  readonly pid: number
}

async function confined(
  data: string,
  source: 'auto' | 'proc',
): Promise<Found & { startedPid: number | undefined }> {
  const child = spawn(
    process.execPath,
    [fileURLToPath(import.meta.resolve('./confine.fixture.ts')), data, source],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        NODE_COMPILE_CACHE: undefined,
        NODE_OPTIONS: '--no-deprecation',
        LD_LIBRARY_PATH: '/nowhere',
        SECRET: 'x',
      },
    },
  )
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  assert.equal(errors, '')
  return { ...(JSON.parse(out) as Found), startedPid: child.pid }
}

async function withData(body: (data: string) => Promise<void>) {
  const data = mkdtempSync(join(tmpdir(), 'quadrant-agent-confine-'))
  // The agent has opened it by then.
  mkdirSync(join(data, 'agent'))
  try {
    await body(data)
  } finally {
    rmSync(data, { recursive: true })
  }
}

for (const source of ['auto', 'proc'] as const)
  test(`root keeps what ${source} needs, in no thread more, and can gain nothing back`, { skip }, () =>
    withData(async (data) => {
      const found = await confined(data, source)
      const had = new Set(readCapabilities().permitted)
      const kept = keptCapabilities(source).filter((name) => had.has(name))
      assert.deepEqual(found.permitted.toSorted(), kept.toSorted())
      assert.deepEqual(found.effective.toSorted(), kept.toSorted())
      assert.deepEqual(found.bounding.toSorted(), kept.toSorted())
      assert.equal(found.inheritable, '0000000000000000')
      assert.equal(found.ambient, '0000000000000000')
      assert.equal(found.noNewPrivs, true)
      assert.equal(found.pid, found.startedPid)
    }),
  )

test('the environment stays behind, and compiled code is kept where only we can write', () =>
  withData(async (data) => {
    const { environment } = await confined(data, 'proc')
    const { PATH, NODE_COMPILE_CACHE, TZ = '', ...limits } = environment
    assert.equal(PATH, process.env['PATH'])
    assert.equal(TZ, process.env['TZ'] ?? '')
    assert.equal(NODE_COMPILE_CACHE, join(data, 'agent', 'compiled'))
    for (const name of Object.keys(limits)) assert.match(name, /^(MALLOC_.*_?|UV_THREADPOOL_SIZE)$/)
    assert.equal(existsSync(join(data, 'agent', 'compiled')), true)
  }))

test(
  'no compiled code is taken from a directory in which another user could put it',
  { skip: !isRoot && 'needs root' },
  () =>
    withData(async (data) => {
      chmodSync(data, 0o777)
      assert.equal('NODE_COMPILE_CACHE' in (await confined(data, 'proc')).environment, false)
      chmodSync(data, 0o700)
      chownSync(data, 65534, 65534)
      assert.equal('NODE_COMPILE_CACHE' in (await confined(data, 'proc')).environment, false)
    }),
)
