// A Go program resolves a name and connects: the map, the flows and both commands call the address by it.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { call, type MapAnswer } from './api.ts'
import { NamespacePair } from './namespaces.ts'
import { eventually, RunningQuadrant } from './quadrant.ts'
import { missing } from './requirements.ts'

const TESTPROG = fileURLToPath(new URL('../guest/testprog', import.meta.url))
const SERVER = fileURLToPath(new URL('./name-server.fixture.ts', import.meta.url))
const NAME = 'db.quadrant.test'
const PORT = 9471

test('an address is called by the name that a program asked for', { skip: missing('go', 'ip') }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-names-'))
  const program = join(folder, 'resolve')
  execFileSync('go', ['build', '-o', program, './resolve'], {
    cwd: TESTPROG,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  using wire = new NamespacePair()
  // `ip netns exec` mounts what is there over the files of /etc.
  const etc = `/etc/netns/${wire.left}`
  const made = existsSync('/etc/netns') ? etc : '/etc/netns'
  mkdirSync(etc, { recursive: true })
  writeFileSync(join(etc, 'resolv.conf'), `nameserver ${NamespacePair.rightV4}\n`)
  const server = spawn(
    'ip',
    ['netns', 'exec', wire.right, process.execPath, SERVER, NamespacePair.rightV4, NamespacePair.rightV4],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  try {
    await once(server.stdout, 'data')
    await using product = await RunningQuadrant.start()
    const id = `addr:${NamespacePair.rightV4}`
    const node = await eventually('the address has its name', async () => {
      // Nobody listens there: the other end stays an address.
      const out = execFileSync('ip', ['netns', 'exec', wire.left, program, `${NAME}:${PORT}`], {
        encoding: 'utf8',
      })
      assert.match(out, /connection refused/)
      const { nodes = [] } = await call<MapAnswer>(product.data, 'GetMap', {})
      return nodes.find((one) => one.id === id && one.name === NAME)
    })
    assert.deepEqual([node.label, node.names], [NAME, [NAME]])

    const flows = await product.run(['observe', '--to', NAME, '-o', 'jsonl'])
    const rows = flows.stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { remoteAddress: string; remoteName: string; remotePort: number })
    assert.ok(rows.length > 0, flows.stderr)
    for (const row of rows)
      assert.deepEqual([row.remoteAddress, row.remoteName], [NamespacePair.rightV4, NAME])
    assert.ok(rows.some(({ remotePort }) => remotePort === PORT))
    const text = `${NAME}:${PORT} (${NamespacePair.rightV4})`
    const table = await product.run(['observe', '--to', NAME])
    assert.ok(table.stdout.includes(text), table.stdout)
    const top = await product.run(['top', '--since', '1m', '-q', `to:${NAME}`])
    assert.ok(top.stdout.includes(text), top.stdout + top.stderr)
  } finally {
    const exited = once(server, 'exit')
    server.kill()
    await exited
    rmSync(made, { recursive: true, force: true })
    rmSync(folder, { recursive: true, force: true })
  }
})
