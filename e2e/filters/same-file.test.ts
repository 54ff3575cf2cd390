// One file of a filter, in Quadrant's gateway and in real Envoy.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { NEEDS_GO } from '../../quadrants/extend/src/testing/go-guest.ts'
import { goFilterFile } from '../../quadrants/extend/src/testing/go-filter.ts'
import { needsRust, rustFilterFile } from '../../quadrants/extend/src/testing/rust-filter.ts'
import { EchoUpstream } from './echo-upstream.ts'
import { Envoy, NEEDS_ENVOY } from './envoy.ts'
import { bootstrap, cluster, httpListener, routeTo, wasmHttpFilter } from './envoy-config.ts'
import { gatewayFile } from './gateway-file.ts'
import { GatewayProcess } from './gateway-process.ts'

const RUST = needsRust('guest/rustfilter')
const NEEDS = { skip: NEEDS_ENVOY.skip || NEEDS_GO.skip || RUST.skip }

const disposables = new AsyncDisposableStack()
/** The address of a listener, in both. */
let hosts: readonly { readonly name: string; readonly url: (listener: string) => string }[] = []

before(async () => {
  if (NEEDS.skip !== false) return
  const go = goFilterFile('examples/filters/hello-header')
  const rust = rustFilterFile('guest/rustfilter')
  const counting = goFilterFile('guest/hostilefilter')
  const filters = [
    { name: 'go', file: go, rootId: '' },
    { name: 'rust', file: rust, rootId: 'hello-header' },
    { name: 'one', file: counting, rootId: 'one' },
    { name: 'other', file: counting, rootId: 'other' },
  ]
  const upstream = disposables.use(await EchoUpstream.start('up'))
  const envoy = disposables.use(
    await Envoy.start(
      bootstrap(
        filters.map(({ name, file, rootId }) =>
          httpListener(name, {
            filters: [wasmHttpFilter({ file, rootId, vmId: name })],
            routes: [routeTo('up')],
          }),
        ),
        [cluster('up', upstream.port)],
      ),
    ),
  )
  const gateway = disposables.use(
    await GatewayProcess.start(
      gatewayFile(
        Object.fromEntries(filters.map(({ name }) => [name, [name]])),
        filters.map(({ name, file, rootId }) => ({ name, module: { file }, root_id: rootId })),
        upstream.port,
      ),
    ),
  )
  hosts = [
    { name: 'Envoy', url: (listener) => `http://127.0.0.1:${envoy.port(listener)}/` },
    { name: 'the gateway', url: (listener) => gateway.url(listener) },
  ]
})

after(async () => {
  await disposables.disposeAsync()
})

async function header(url: string, name: string): Promise<string | null> {
  const response = await fetch(url)
  await response.arrayBuffer()
  return response.headers.get(name)
}

test('a filter in Go and one in Rust say that they were there', NEEDS, async () => {
  for (const { name, url } of hosts)
    for (const listener of ['go', 'rust'])
      assert.equal(await header(url(listener), 'x-envoy-wasm'), 'true', `${listener} in ${name}`)
})

test('two root_ids of one module do not see what the other keeps', NEEDS, async () => {
  for (const { name, url } of hosts) {
    const counts: (string | null)[] = []
    for (const listener of ['one', 'one', 'one', 'other', 'one', 'other'])
      counts.push(await header(url(listener), 'x-requests'))
    assert.deepEqual(counts, ['1', '2', '3', '1', '4', '2'], name)
  }
})
