// A client that asks for another path each time: memory stays bounded, and what has no route of its own is `~other`.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { TestCgroup } from '../quadrants/observe/src/l7/kernel/testing/test-cgroup.ts'
import { childOf } from './processes.ts'
import { eventually, RunningQuadrant } from './quadrant.ts'
import { pipeline } from './requests/clients.ts'
import { WARM_UP } from './requests/served.ts'
import { startNginx } from './requests/servers.ts'
import { requestReport, Told } from './requests/told.ts'
import { FULL, missing } from './requirements.ts'

const COUNT = FULL ? 1_000_000 : 40_000
/** So many requests are sent ahead of their answers. */
const AT_ONCE = 10
const GROWTH_BYTES_MAX = 64 << 20
const ROUTES_MAX = 200

function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) * 1024
}

/** Words that are no identifiers, each another one. */
function pathOf(number: number): string {
  const letters = [...number.toString(26)].map((digit) =>
    String.fromCharCode(103 + (Number.parseInt(digit, 26) % 20)),
  )
  return `/${letters.join('')}-${number.toString(26).replaceAll(/\d/g, (digit) => 'qrstuvwxyz'[Number(digit)]!)}/of/${'ghijkl'[number % 6]}`
}

for (const mode of FULL ? (['default', 'precise'] as const) : (['default'] as const))
  test(
    `distinct paths: memory is bounded, and ~other is told: ${mode} mode`,
    { skip: missing('nginx') },
    async (t) => {
      await using cgroup = new TestCgroup()
      await using server = await startNginx(cgroup)
      await using product = await RunningQuadrant.start(['--requests', 'nginx'])
      if (mode === 'precise') await product.run(['requests', 'set', '--precise', 'nginx'])
      const agent = childOf(product.pid, 'agent/src/main.ts')!
      await eventually('the server is observed', async () => {
        await (await fetch(`http://127.0.0.1:${server.port}${WARM_UP}`)).text()
        const { services = 0, preciseServices = 0 } = await requestReport(product.data)
        return (mode === 'precise' ? preciseServices : services) > 0 ? true : undefined
      })
      const told = new Told(product.data, Date.now() - 120_000)
      // What the product takes at work, before there are many paths.
      await pipeline(server.port, 500, AT_ONCE, () => '/same')
      const before = residentBytes(agent)
      let number = 0
      for (let part = 0; part < 10; part++)
        await pipeline(server.port, COUNT / 10 / AT_ONCE, AT_ONCE, () => pathOf(number++))
      const after = residentBytes(agent)
      const { groups = [] } = await eventually(
        'all are told',
        async () => {
          const answer = await told.get(`port:${server.port} not:route:${WARM_UP}`)
          return (answer.total?.requests ?? 0) >= COUNT + 500 * AT_ONCE ? answer : undefined
        },
        30_000,
      )
      const count = groups.reduce((sum, { signals }) => sum + (signals.requests ?? 0), 0)
      assert.equal(count, COUNT + 500 * AT_ONCE)
      const other = groups.find(({ route }) => route === '~other')?.signals.requests ?? 0
      t.diagnostic(
        `${COUNT} paths: ${groups.length} routes, ${other} requests of ~other; agent ${(before / 2 ** 20).toFixed(0)} to ${(after / 2 ** 20).toFixed(0)} MiB`,
      )
      assert.ok(other > COUNT / 2)
      assert.ok(groups.length <= ROUTES_MAX + 1, `${groups.length} routes`)
      assert.ok(after - before < GROWTH_BYTES_MAX, `${before} bytes, then ${after}`)
    },
  )
