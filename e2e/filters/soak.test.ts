// The gateway under load for a long time, while its configuration and its filter change all the time: its memory stays as
// it is, and no request fails. QUADRANT_SOAK_SECONDS says how long, 15 minutes if it does not.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempDisposableSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { goFilterFile } from '../../quadrants/extend/src/testing/go-filter.ts'
import { NEEDS_GO } from '../../quadrants/extend/src/testing/go-guest.ts'
import { needsRust, rustFilterFile } from '../../quadrants/extend/src/testing/rust-filter.ts'
import { FULL, lacking } from '../requirements.ts'
import { GatewayProcess } from './gateway-process.ts'

const execute = promisify(execFile)

const SECONDS = Number(process.env['QUADRANT_SOAK_SECONDS'] ?? 900)
const CHANGE_MS = 3000
const CONNECTIONS = 16
const LOAD_SHARE = 0.8
/** Of the time: until then caches fill and V8 settles. */
const SETTLED_AFTER = 1 / 3
/** What the resident memory may grow from the begin of the settled time to its end, by the line through all samples. */
const GROWTH_MAX = 0.1

const SKIP = FULL
  ? lacking('h2load') || NEEDS_GO.skip || needsRust('guest/rustfilter').skip
  : 'takes a quarter of an hour: npm run e2e'

test(
  'memory stays flat and nothing fails while filters and routes change under load',
  { skip: SKIP },
  async (t) => {
    const upstream = createServer((_, response) => response.end('hello from upstream\n'))
    upstream.keepAliveTimeout = 0
    upstream.listen(0, '127.0.0.1')
    await once(upstream, 'listening')
    t.after(() => upstream.close())
    using folder = mkdtempDisposableSync(join(tmpdir(), 'quadrant-soak-'))
    const modules = [
      { rootId: '', bytes: readFileSync(goFilterFile('examples/filters/hello-header')) },
      { rootId: 'hello-header', bytes: readFileSync(rustFilterFile('guest/rustfilter')) },
    ]
    let version = 0
    const next = (): object => {
      const { rootId, bytes } = modules[version % modules.length]!
      const file = join(folder.path, `filter-${version}.wasm`)
      writeFileSync(file, versionOf(bytes, version))
      rmSync(join(folder.path, `filter-${version - 2}.wasm`), { force: true })
      return configuration((upstream.address() as AddressInfo).port, { file, rootId, version: version++ })
    }

    await using gateway = await GatewayProcess.start(next())
    const url = `http://127.0.0.1:${gateway.port('web')}/`
    const most = await load(url, 5)
    const perSecond = (most.requests / 5) * LOAD_SHARE
    t.diagnostic(`${Math.round(perSecond)} requests a second, for ${SECONDS} s`)

    const loaded = load(url, SECONDS, perSecond)
    const samples: [seconds: number, rssBytes: number][] = []
    const begin = performance.now()
    const rest = () => SECONDS * 1000 - (performance.now() - begin)
    let reloads = 0
    while (rest() > CHANGE_MS) {
      await sleep(CHANGE_MS)
      samples.push([(performance.now() - begin) / 1000, rssBytes(gateway.pid)])
      gateway.reload(next())
      reloads++
    }
    const { requests, failed } = await loaded
    const settled = samples.filter(([seconds]) => seconds > SECONDS * SETTLED_AFTER)
    const { from, to } = line(settled)
    const mib = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`
    t.diagnostic(
      `${requests} requests, ${failed} failed; ${reloads} changes; ${mib(from)} at first, ${mib(to)} at last`,
    )

    assert.equal(failed, 0)
    const notTaken = gateway.log.filter((text) => !/ (is taken|listens on .*)$/.test(text))
    assert.deepEqual(notTaken, [])
    const { filters } = JSON.parse(await gateway.admin('/filters')) as { filters: { crashes: object }[] }
    assert.deepEqual(
      filters.flatMap(({ crashes }) => Object.values(crashes)).filter((count) => count !== 0),
      [],
    )
    assert.ok(
      to < from * (1 + GROWTH_MAX),
      `memory grows: ${samples.map(([, bytes]) => mib(bytes)).join(', ')}`,
    )
    assert.equal(await gateway.end(), 0)
  },
)

function configuration(
  port: number,
  { file, rootId, version }: { readonly file: string; readonly rootId: string; readonly version: number },
): object {
  return {
    listeners: [{ name: 'web', address: '127.0.0.1:0' }],
    virtual_hosts: [
      {
        name: 'all',
        domains: ['*'],
        routes: [
          ...Array.from({ length: 10 + (version % 10) }, (_, index) => ({
            name: `route-${index}`,
            match: { prefix: `/shop/${index}/` },
            respond: { body: 'shop' },
          })),
          { name: 'rest', match: { prefix: '/' }, forward: { cluster: `upstream-${version % 3}` } },
        ],
      },
    ],
    clusters: [{ name: `upstream-${version % 3}`, endpoints: [`127.0.0.1:${port}`] }],
    filters: [{ name: 'hello', module: { file }, root_id: rootId }],
  }
}

/** Another file of the same module: with a custom section behind it. */
function versionOf(module: Uint8Array, version: number): Buffer {
  const content = Buffer.concat([Buffer.from([7]), Buffer.from(`version${version}`)])
  return Buffer.concat([module, Buffer.from([0, content.length]), content])
}

/** By h2load: as many as it can, or so many a second. */
async function load(url: string, seconds: number, perSecond?: number) {
  const pace = perSecond === undefined ? [] : [`--rps=${perSecond / CONNECTIONS}`]
  const args = ['--h1', '-t', '1', '-c', String(CONNECTIONS), '-D', `${seconds}s`, ...pace, url]
  const { stdout } = await execute('h2load', args, { maxBuffer: 1 << 24 })
  const [, requests] = /^requests: (\d+) total/m.exec(stdout) ?? []
  const [, succeeded] = /^status codes: (\d+) 2xx/m.exec(stdout) ?? []
  const [, failed, errored, late] = /(\d+) failed, (\d+) errored, (\d+) timeout/.exec(stdout) ?? []
  assert.ok(requests !== undefined && succeeded !== undefined, stdout)
  // Those that are under way when its time is over have no status.
  const notAnswered = Math.max(0, Number(requests) - Number(succeeded) - CONNECTIONS)
  return { requests: Number(requests), failed: Number(failed) + Number(errored) + Number(late) + notAnswered }
}

function rssBytes(pid: number): number {
  return Number(/^VmRSS:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) * 1024
}

/** The straight line through the samples (least squares), at its two ends. */
function line(samples: readonly (readonly [x: number, y: number])[]) {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const middle = mean(samples.map(([x]) => x))
  const level = mean(samples.map(([, y]) => y))
  const slope =
    samples.reduce((sum, [x, y]) => sum + (x - middle) * (y - level), 0) /
    samples.reduce((sum, [x]) => sum + (x - middle) ** 2, 0)
  const at = (x: number) => level + slope * (x - middle)
  return { from: at(samples[0]![0]), to: at(samples.at(-1)![0]) }
}
