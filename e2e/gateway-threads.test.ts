// Threads of a gateway that end by themselves: what takes their place does as they did.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { checkGateway, FleetFilters, GatewayFleet } from '@quadrant/extend/gateway'
import { goFilterFile } from '../quadrants/extend/src/testing/go-filter.ts'
import { lacking } from './requirements.ts'

const WORKER = new URL('../apps/cli/src/gateway/worker.ts', import.meta.url)

test(
  'a filter that is switched off is off in a thread that takes the place of another',
  { skip: lacking('go') },
  async () => {
    const workers: Worker[] = []
    const crashes: string[] = []
    await using fleet = new GatewayFleet({
      workerCount: 1,
      openWorker: () => {
        const worker = new Worker(WORKER)
        workers.push(worker)
        return worker
      },
      onLog: () => {},
      onFilter: () => {},
      onCrash: ({ message }) => crashes.push(message),
    })
    const filters = new FleetFilters(fleet, readFile)
    const { value: spec } = checkGateway(`
listeners: [{ name: web, address: 127.0.0.1:0, filters: [hello] }]
virtual_hosts: [{ name: all, domains: ['*'], routes: [{ name: all, match: { prefix: / }, respond: { body: one } }] }]
filters: [{ name: hello, module: { file: ${goFilterFile('examples/filters/hello-header')} } }]
`)
    await filters.reload(spec!)
    const status = async () => {
      const response = await fetch(`http://127.0.0.1:${fleet.ports.get('web')}/`, {
        headers: { connection: 'close' },
      })
      await response.arrayBuffer()
      return response.status
    }
    const replaced = async () => {
      const count = workers.length
      await workers.at(-1)!.terminate()
      while (workers.length === count) await sleep(20)
      for (;;) {
        const now = await status().catch(() => undefined)
        if (now !== undefined) return now
        await sleep(20)
      }
    }
    assert.equal(await status(), 200)
    filters.switch('hello', false)
    assert.equal(await status(), 503)
    assert.equal(await replaced(), 503)
    filters.switch('hello', true)
    assert.equal(await status(), 200)
    assert.equal(await replaced(), 200)
    assert.equal(crashes.length, 2)
  },
)
