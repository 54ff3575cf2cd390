// A gateway on one worker, as `quadrant gateway` runs it, with the filter that the command line names, in place of which
// others are delivered by lines on standard input: what each asks for is JSON (`SwapGatewayLine`), and so are the answers.
// The first line out has the port.
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { checkGateway, FleetFilters, GatewayFleet } from '@quadrant/extend/gateway'
import { fileDigest } from '../../quadrants/extend/src/filters/module-registry.ts'
import { pluginSpec } from '../../quadrants/extend/src/filters/plugin/plugin-spec.ts'
import { LISTENER_FILTER, type SwapGatewayLine } from './swap-gateway-line.ts'

const WORKER = new URL('../../apps/cli/src/gateway/worker.ts', import.meta.url)
/** For collections of garbage that are due, before memory is read. */
const SETTLE_MS = 2000

const [firstFile] = process.argv.slice(2)
const { value: spec, diagnostics } = checkGateway(
  JSON.stringify({
    listeners: [{ name: 'web', address: '127.0.0.1:0' }],
    virtual_hosts: [
      {
        name: 'all',
        domains: ['*'],
        routes: [{ name: 'all', match: { prefix: '/' }, respond: { body: 'hello' } }],
      },
    ],
    filters: [{ name: LISTENER_FILTER, module: { file: firstFile } }],
  }),
)
if (spec === undefined) throw new Error(JSON.stringify(diagnostics))
const fail = (message: string): void => {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
await using fleet = new GatewayFleet({
  workerCount: 1,
  openWorker: () => new Worker(WORKER),
  onLog: () => {},
  onFilter: ({ filter, message }) => fail(`filter ${filter}: ${message}`),
  onCrash: (error) => fail(error.message),
})
const filters = new FleetFilters(fleet, readFile)
await filters.reload(spec)
process.stdout.write(`${JSON.stringify({ port: fleet.ports.get('web') })}\n`)
for await (const text of createInterface({ input: process.stdin })) {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the benchmark writes it
  const line = JSON.parse(text) as SwapGatewayLine
  process.stdout.write(`${JSON.stringify(await answer(line))}\n`)
}

async function answer(line: SwapGatewayLine): Promise<object> {
  if (line.kind === 'memory') {
    await pause(SETTLE_MS)
    return { rssBytes: process.memoryUsage.rss() }
  }
  const { name, file, rootId, version } = line
  const bytes = versionOf(await readFile(file), version)
  const digest = fileDigest(bytes)
  const startMs = performance.now()
  let compiledMs = startMs
  const prepared = await filters.prepare(pluginSpec({ name, digest, rootId, vmId: name }), bytes, {
    onCompiled: () => (compiledMs = performance.now()),
    signal: new AbortController().signal,
  })
  const before = filters.swap(name, prepared)
  // A worker answers in the order in which it was asked: what it says now is after the swap.
  const { filters: serving } = line.isReported ? await filters.summary() : { filters: [] }
  const endMs = performance.now()
  const isServing = serving.some((filter) => filter.name === name && filter.digest === digest)
  if (line.isReported && !isServing) throw new Error(`${name}: the new version does not serve`)
  if (before !== undefined) await filters.drain(before)
  return { compileMs: compiledMs - startMs, swapMs: endMs - compiledMs }
}

/** The same module with a custom section behind it, which makes another file of it. */
function versionOf(module: Uint8Array, version: number): Uint8Array<ArrayBuffer> {
  const name = Buffer.from('version')
  const section = Buffer.concat([Buffer.from([name.length]), name, Buffer.from(String(version))])
  return new Uint8Array(Buffer.concat([module, Buffer.from([0, section.length]), section]))
}
