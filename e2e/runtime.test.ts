// A Go service under a running product: the request that waited for the collector lies under the collection that it
// waited for, and the hot function is where its time went.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { call } from './api.ts'
import { GoService } from './go-service.ts'
import { childOf } from './processes.ts'
import { eventually, RunningQuadrant } from './quadrant.ts'
import { missing } from './requirements.ts'

interface Runtime {
  readonly processes?: readonly string[]
  readonly gcCycles?: readonly {
    readonly startNs: number
    readonly endNs: number
    readonly trigger?: string
  }[]
  readonly slowFlows?: readonly { readonly timeNs: number; readonly durationUs?: number }[]
}

const QUICK_REQUESTS = 50
/** Clocks of two processes, and the time from a socket to the handler behind it. */
const TOLERANCE_NS = 5e6

test(
  'a slow request and the forced collection that it waited for lie at the same time',
  { skip: missing('go') },
  async () => {
    await using service = await GoService.start({ buildFlags: ['-ldflags', '-s -w'] })
    {
      await using product = await RunningQuadrant.start()
      await probed(product, service)
      assert.ok(service.breakpointBytes() > 0)
      for (let i = 0; i < QUICK_REQUESTS; i++) await service.ask('/')
      const collected = JSON.parse(await service.ask('/collect')) as { startNs: number; endNs: number }

      const subject = `${service.pid}`
      const runtime = await eventually('the collection and the request are told', async () => {
        const answer = await call<Runtime>(product.data, 'GetRuntime', { subject })
        const forced = answer.gcCycles?.filter(({ startNs, endNs }) => overlap(startNs, endNs, collected))
        return forced?.length && (answer.slowFlows?.length ?? 0) > QUICK_REQUESTS ? answer : undefined
      })
      const cycles = runtime.gcCycles!.filter(({ startNs, endNs }) => overlap(startNs, endNs, collected))
      assert.ok(cycles.some(({ trigger }) => trigger === 'GC_TRIGGER_FORCED'))
      const request = runtime
        .slowFlows!.map(spanOf)
        .find((span) => overlap(span.startNs, span.endNs, collected))
      assert.ok(request, 'the request is told')
      const quick = runtime
        .slowFlows!.map(spanOf)
        .filter((span) => span.endNs < request.startNs)
        .slice(0, QUICK_REQUESTS)
      assert.ok(request.endNs - request.startNs > median(quick.map(({ startNs, endNs }) => endNs - startNs)))
      for (const cycle of cycles) {
        assert.ok(cycle.startNs >= request.startNs - TOLERANCE_NS, 'it began within the request')
        assert.ok(cycle.endNs <= request.endNs + TOLERANCE_NS, 'and ended within it')
      }
    }
    await eventually('its code is as in its file', () => service.breakpointBytes() === 0 || undefined)
  },
)

test(
  'a killed agent leaves no probe behind, and its successor goes on',
  { skip: missing('go') },
  async () => {
    await using service = await GoService.start()
    {
      await using product = await RunningQuadrant.start()
      await probed(product, service)
      assert.ok(service.breakpointBytes() > 0)
      const agent = childOf(product.pid, 'apps/agent')!
      process.kill(agent, 'SIGKILL')
      await eventually('another agent is there', () => {
        const next = childOf(product.pid, 'apps/agent')
        return next !== undefined && next !== agent ? next : undefined
      })
      await eventually('a collection after that is told', async () => {
        const collected = JSON.parse(await service.ask('/collect')) as { startNs: number; endNs: number }
        await new Promise((resolve) => setTimeout(resolve, 1500))
        const { gcCycles } = await call<Runtime>(product.data, 'GetRuntime', { subject: `${service.pid}` })
        return gcCycles?.some(({ startNs, endNs }) => overlap(startNs, endNs, collected)) || undefined
      })
      assert.equal(await service.ask('/'), 'ok\n')
    }
    await eventually('its code is as in its file', () => service.breakpointBytes() === 0 || undefined)
  },
)

/** Probes are placed some moments after a process is seen: a collection that is told proves it. */
async function probed(product: RunningQuadrant, service: GoService): Promise<void> {
  await eventually(
    'its collections are seen',
    async () => {
      await service.ask('/collect')
      await new Promise((resolve) => setTimeout(resolve, 1200))
      const answer = await call<Runtime>(product.data, 'GetRuntime', { subject: `${service.pid}` }).catch(
        () => undefined,
      )
      return answer?.gcCycles?.length ? true : undefined
    },
    60_000,
  )
}

function spanOf({ timeNs, durationUs = 0 }: NonNullable<Runtime['slowFlows']>[number]) {
  return { startNs: timeNs - durationUs * 1000, endNs: timeNs }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}

function overlap(
  startNs: number,
  endNs: number,
  other: { readonly startNs: number; readonly endNs: number },
): boolean {
  return startNs <= other.endNs && endNs >= other.startNs
}
