// The agent, the server and both are killed under load: nothing is told twice, nothing is lost but what is counted, and
// nothing stays in the kernel.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { call, type MapAnswer } from './api.ts'
import { Loadgen } from './loadgen.ts'
import { childOf } from './processes.ts'
import { eventually, RunningQuadrant } from './quadrant.ts'
import { FULL, missing } from './requirements.ts'

const KILLS = FULL ? 50 : 4
const PORT = 9411
const HOLD_MS = 700

test('kill -9 of agent, server and both under load', { skip: missing('go', 'bpftool') }, async (t) => {
  const before = bpfObjects()
  using load = new Loadgen()
  {
    await using product = await RunningQuadrant.start()
    const startedNs = Date.now() * 1e6
    await using server = await load.serve('serve', ['--tcp', `127.0.0.1:${PORT}`])
    assert.ok(server.pid)
    await eventually(
      'agent and server are up',
      () => aliveAgent(product) && (aliveServer(product) ? true : undefined),
    )
    // What an agent that has told nothing yet does not know of is not lost: nobody looked before.
    await eventually(
      'the first agent has told something',
      async () => ((await isCaughtUp(product)) ? true : undefined),
      30_000,
    )

    const stop = new AbortController()
    const dial = () =>
      load.run('dial', 'dial', [
        '--to',
        `127.0.0.1:${PORT}`,
        '--count',
        '60',
        '--parallel',
        '20',
        '--hold',
        String(HOLD_MS),
        '--send',
        '1000',
        '--receive',
        '2000',
      ])
    const traffic = (async () => {
      while (!stop.signal.aborted) await dial()
    })()
    for (let i = 0; i < KILLS; i++) {
      await pause(900 + ((i * 379) % 1500))
      const agent = aliveAgent(product)
      const server = aliveServer(product)
      if (i % 3 !== 1 && agent) process.kill(agent, 'SIGKILL')
      if (i % 3 !== 0 && server) process.kill(server, 'SIGKILL')
      await eventually(`both are back after kill ${i}`, () => {
        const [a, s] = [aliveAgent(product), aliveServer(product)]
        return a && s && (i % 3 === 1 || a !== agent) && (i % 3 === 0 || s !== server) ? true : undefined
      })
    }
    stop.abort()
    await traffic
    // Where no kill interferes all is seen again.
    await pause(3000)
    await dial()

    const clients = load.log().filter((end) => end.role === 'client' && end.outcome === 'closed')
    const sent = clients.reduce((sum, end) => sum + end.sent, 0)
    const told = await eventually(
      'the last batches are told',
      async () => {
        if (!(await isCaughtUp(product))) return undefined
        const first = await totals(product, startedNs)
        await pause(2500)
        const second = await totals(product, startedNs)
        return second.opened > 0 && second.opened === first.opened && second.closed === first.closed
          ? second
          : undefined
      },
      60_000,
    )
    const { drops = [] } = await call<{
      drops?: readonly { stage: string; reason: string; count: number }[]
    }>(product.data, 'GetStatus', {})
    const counted = drops.reduce((sum, drop) => sum + drop.count, 0)
    t.diagnostic(
      `${KILLS} kills, ${clients.length} connections made, ${told.opened} told open, ${told.bytes} of ${sent} bytes, drops ${JSON.stringify(drops)}`,
    )
    assert.ok(told.opened <= clients.length, 'connections told twice')
    assert.ok(told.bytes <= sent, 'bytes told twice')
    assert.ok(clients.length - told.opened <= counted, 'connections lost without being counted')
  }
  await eventually('nothing of ours is left in the kernel', () => (bpfObjects() <= before ? true : undefined))
})

function aliveAgent(product: RunningQuadrant): number | undefined {
  return childOf(product.pid, 'apps/agent')
}

function aliveServer(product: RunningQuadrant): number | undefined {
  return childOf(product.pid, 'apps/server')
}

/** The agent is there, and what it told is committed but for the newest: totals that rest for another reason are no end. */
async function isCaughtUp(product: RunningQuadrant): Promise<boolean> {
  const { agents = [] } = await call<{
    agents?: readonly { connected?: boolean; lastFrameNs?: number; report?: { spoolFrames?: number } }[]
  }>(product.data, 'GetStatus', {})
  return agents.some(
    ({ connected, lastFrameNs = 0, report }) =>
      connected && report && (report.spoolFrames ?? 0) <= 2 && Date.now() * 1e6 - lastFrameNs < 3e9,
  )
}

async function totals(product: RunningQuadrant, startNs: number) {
  const map = await call<MapAnswer>(product.data, 'GetMap', {
    range: { startNs, endNs: Date.now() * 1e6 },
    level: 'LEVEL_SERVICE',
    query: `port:${PORT}`,
  })
  const sum = (field: 'opened' | 'closed' | 'bytesToServer') =>
    (map.edges ?? []).reduce((total, edge) => total + (edge.totals[field] ?? 0), 0)
  return { opened: sum('opened'), closed: sum('closed'), bytes: sum('bytesToServer') }
}

/** How many BPF programs, maps and links the kernel holds. */
function bpfObjects(): number {
  return ['prog', 'map', 'link'].reduce((sum, kind) => {
    const listed = JSON.parse(
      execFileSync('bpftool', ['-j', kind, 'show'], { encoding: 'utf8' }) || '[]',
    ) as unknown
    return sum + (Array.isArray(listed) ? listed.length : 0)
  }, 0)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
