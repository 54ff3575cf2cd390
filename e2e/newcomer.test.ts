// What was there before the agent, and what is gone before anyone could look.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { Loadgen } from './loadgen.ts'
import { eventually, RunningQuadrant } from './quadrant.ts'
import { missing } from './requirements.ts'

interface Row {
  readonly event: string
  readonly role: string
  readonly remotePort: number
  readonly localPort: number
  readonly pid: number
  readonly comm: string
  readonly service: string
}

const SHORT_LIVES = 100

test(
  'connections from before the start, and processes that live for a moment, are named',
  { skip: missing('go') },
  async () => {
    using load = new Loadgen()
    await using server = await load.serve('serve', ['--tcp', '127.0.0.1:9421'])
    const early = load.run('dial', 'early', [
      '--to',
      '127.0.0.1:9421',
      '--count',
      '5',
      '--parallel',
      '5',
      '--hold',
      '15000',
    ])
    await new Promise((resolve) => setTimeout(resolve, 500))
    {
      await using product = await RunningQuadrant.start()
      const existing = await eventually('the early connections are told', async () => {
        const rows = await observe(product, ['--event', 'existing', '--port', '9421'])
        return rows.filter((row) => row.role === 'ROLE_CLIENT').length === 5 ? rows : undefined
      })
      for (const row of existing) {
        assert.equal(row.comm, 'loadgen')
        if (row.role === 'ROLE_SERVER') assert.equal(row.pid, server.pid)
      }
      // Go listens with MPTCP: the file's socket is not the one that TCP knows.
      const [listener] = await observe(product, ['--event', 'listen', '--port', '9421'])
      assert.equal(listener?.pid, server.pid)

      const pids: number[] = []
      for (let i = 0; i < SHORT_LIVES; i++) {
        // bash opens the connection itself and ends: no second program that could be looked up later.
        const child = spawn('bash', ['-c', 'exec 3<>/dev/tcp/127.0.0.1/9421'], { stdio: 'ignore' })
        pids.push(child.pid!)
        await once(child, 'exit')
      }
      const rows = await eventually('each short life is told', async () => {
        const found = await observe(product, ['--event', 'close,reset', '--port', '9421'])
        return pids.every((pid) => found.some((row) => row.pid === pid)) ? found : undefined
      })
      for (const pid of pids) {
        const row = rows.find((candidate) => candidate.pid === pid && candidate.role === 'ROLE_CLIENT')
        assert.equal(row?.comm, 'bash')
        assert.ok(row.service)
      }

      // The command has a connection itself: Quadrant's own processes go by names that say what they are.
      const own = await observe(product, ['--to', 'quadrant-server'])
      assert.ok(own.some((row) => row.role === 'ROLE_SERVER' && row.service === 'quadrant-server'))
    }
    await early
  },
)

async function observe(product: RunningQuadrant, args: readonly string[]): Promise<readonly Row[]> {
  const { stdout } = await product.run([
    'observe',
    '--both-ends',
    '--since',
    '2m',
    '--last',
    '100000',
    '-o',
    'jsonl',
    ...args,
  ])
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row)
}
