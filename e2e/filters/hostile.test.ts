// What a filter that does what no filter should costs those beside it.
import assert from 'node:assert/strict'
import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import { NEEDS_GO } from '../../quadrants/extend/src/testing/go-guest.ts'
import { goFilterFile } from '../../quadrants/extend/src/testing/go-filter.ts'
import { FULL } from '../requirements.ts'
import { EchoUpstream } from './echo-upstream.ts'
import { gatewayFile } from './gateway-file.ts'
import { GatewayProcess } from './gateway-process.ts'

/** What it does, and how its instance ends of it; undefined where it is only kept within its limits. */
const DEEDS: readonly (readonly [deed: string, failure: string | undefined])[] = [
  ['loop', 'fuel'],
  ['allocate', 'trap'],
  ['trap', 'trap'],
  ['recurse', 'fuel'],
  ['log', undefined],
  ['call', undefined],
]
/** Requests each 10 ms, for so long. */
const SECONDS = FULL ? 30 : 1

/** Milliseconds of requests one after the other, of which each begins 10 ms after the one before at the earliest. */
async function latencies(url: string, seconds: number): Promise<readonly number[]> {
  using agent = Object.assign(new Agent({ keepAlive: true, maxSockets: 1 }), {
    [Symbol.dispose](this: Agent) {
      this.destroy()
    },
  })
  const measured: number[] = []
  const endMs = performance.now() + seconds * 1000
  while (performance.now() < endMs) {
    const beginMs = performance.now()
    assert.equal(await status(url, agent), 200)
    measured.push(performance.now() - beginMs)
    await sleep(Math.max(0, 10 - (performance.now() - beginMs)))
  }
  return measured.toSorted((one, other) => one - other)
}

async function status(url: string, agent: Agent, deed?: string): Promise<number> {
  return await new Promise((resolve, reject) => {
    const headers = deed === undefined ? {} : { 'x-deed': deed }
    get(url, { agent, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0))
    }).on('error', reject)
  })
}

function quantile(sorted: readonly number[], fraction: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? 0
}

for (const [deed, failure] of DEEDS) {
  test(`a filter that does "${deed}" again and again is kept from others`, NEEDS_GO, async (context) => {
    const file = goFilterFile('guest/hostilefilter')
    const filters = ['hostile', 'neighbour'].map((name) => ({ name, root_id: name, module: { file } }))
    await using upstream = await EchoUpstream.start('upstream')
    await using gateway = await GatewayProcess.start(
      gatewayFile({ hostile: ['hostile'], neighbour: ['neighbour'] }, filters, upstream.port),
    )
    const quiet = await latencies(gateway.url('neighbour'), SECONDS)
    const over = new AbortController()
    const attack = (async () => {
      using agent = Object.assign(new Agent({ keepAlive: true }), {
        [Symbol.dispose](this: Agent) {
          this.destroy()
        },
      })
      let count = 0
      while (!over.signal.aborted) {
        await status(gateway.url('hostile'), agent, deed).catch(() => 0)
        count++
        await sleep(5)
      }
      return count
    })()
    const beside = await latencies(gateway.url('neighbour'), SECONDS)
    over.abort()
    const count = await attack
    const { filters: told } = await gateway.filters()
    const [hostile, neighbour] = ['hostile', 'neighbour'].map((name) =>
      told.find((each) => each.name === name),
    )
    assert.ok(hostile !== undefined && neighbour !== undefined)
    const p99 = [quiet, beside].map((each) => quantile(each, 0.99).toFixed(1))
    context.diagnostic(
      `${deed}: ${count} attacks; p99 beside ${p99[1]} ms, without ${p99[0]} ms; ` +
        `crashes ${JSON.stringify(hostile.crashes)}, refused ${hostile.refused}, refusals ${JSON.stringify(hostile.refusals)}`,
    )
    assert.deepEqual(neighbour.threads, { serving: 1 })
    assert.equal(
      Object.values(neighbour.crashes).reduce((sum, each) => sum + each, 0),
      0,
    )
    if (failure === undefined) {
      const refusal = deed === 'log' ? hostile.refusals.logLines : hostile.refusals.calls
      assert.ok(refusal > 0, 'nothing was refused')
      return
    }
    const crashes = Object.entries(hostile.crashes).filter(([, each]) => each > 0)
    assert.ok(crashes.length > 0, 'it did not end')
    // Where the machine has no time for it, a callback can take longer than it may before its fuel is used.
    assert.ok(
      crashes.every(([reason]) => reason === failure || reason === 'time'),
      JSON.stringify(crashes),
    )
    // It came back by its policy, and each time later.
    assert.ok(hostile.instancesMade > 1)
    assert.ok(hostile.refused > 0)
  })
}
