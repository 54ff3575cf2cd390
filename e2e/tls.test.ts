// Requests within TLS: from the memory of a Go program to the API and the command line.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { call } from './api.ts'
import { GoService } from './go-service.ts'
import { childOf } from './processes.ts'
import { eventually, RunningQuadrant } from './quadrant.ts'
import { missing } from './requirements.ts'

const run = promisify(execFile)

/** Of `GetRequests` by route. */
interface Answer {
  readonly groups?: readonly {
    readonly serverPort?: number
    readonly method: string
    readonly route: string
    readonly signals: { readonly requests: number }
  }[]
  readonly opaque?: readonly { readonly serverPort: number; readonly connections: number }[]
}

test(
  'what a Go server answers over TLS is told by route, and of a killed agent no probe stays',
  { skip: missing('go', 'curl') },
  async () => {
    await using service = await GoService.start({
      program: 'httpserve',
      args: ['serve', '127.0.0.1:0', 'tls'],
      buildFlags: ['-ldflags', '-s -w'],
    })
    const port = Number(service.address.split(':')[1])
    const unprobed = service.breakpointBytes()
    {
      await using product = await RunningQuadrant.start(['--requests', '*'])
      const read = async () => {
        const { stdout } = await product.run(['status'])
        return /(\d+) Go programs? inside of TLS/.exec(stdout)?.[1]
      }
      await eventually('its TLS is read', read)
      assert.ok(service.breakpointBytes() > unprobed)
      // Its probes may have come after those of another Go program of this host: until one of its own requests is told.
      const told = async () => {
        const { groups = [], opaque = [] } = await call<Answer>(product.data, 'GetRequests', {
          level: 'LEVEL_PROCESS',
          grouping: 'REQUEST_GROUPING_ROUTE',
        })
        return {
          groups: groups.filter(({ serverPort }) => serverPort === port),
          opaque: opaque
            .filter(({ serverPort }) => serverPort === port)
            .reduce((sum, { connections }) => sum + connections, 0),
        }
      }
      await eventually('a request of it is told', async () => {
        await run('curl', ['-sk', `https://${service.address}/warm`])
        await new Promise((resolve) => setTimeout(resolve, 1500))
        return (await told()).groups.length > 0 || undefined
      })
      const opaqueBefore = (await told()).opaque
      await run(service.program, ['ask', `https://${service.address}`, '10'])
      const logged = routesOf(service.lines)
      await eventually('all of them are told', async () => {
        const { groups, opaque } = await told()
        const seen = new Map(
          groups.map(({ method, route, signals }) => [`${method} ${route}`, signals.requests]),
        )
        const isAll = [...logged].every(
          ([route, count]) => route.endsWith('/warm') || seen.get(route) === count,
        )
        assert.equal(opaque, opaqueBefore)
        return isAll || undefined
      })

      const agent = childOf(product.pid, 'apps/agent')!
      process.kill(agent, 'SIGKILL')
      await eventually('another agent is there', () => {
        const next = childOf(product.pid, 'apps/agent')
        return next !== undefined && next !== agent ? next : undefined
      })
      await eventually('it reads its TLS', read)
      const { stdout } = await run('curl', ['-sk', `https://${service.address}/after`])
      assert.notEqual(stdout, '')

      await product.run(['requests', 'set', '--tls', 'off'])
      await eventually('it is not read any more', async () =>
        (await read()) === undefined ? true : undefined,
      )
    }
    await eventually('its code is as in its file', () => service.breakpointBytes() === unprobed || undefined)
  },
)

/** How often it says that it was asked for each method and route. */
function routesOf(lines: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const line of lines) {
    const [method, path] = line.split(' ') as [string, string]
    const route = `${method} ${path.replaceAll(/\/\d+/g, '/{id}')}`
    counts.set(route, (counts.get(route) ?? 0) + 1)
  }
  return counts
}
