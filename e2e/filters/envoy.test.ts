// What tests with Envoy stand on: it starts, serves, tells, refuses, ends, and leaves nothing behind.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { Envoy, NEEDS_ENVOY } from './envoy.ts'
import { bootstrap, cluster, directResponse, httpListener, routeTo, wasmHttpFilter } from './envoy-config.ts'

test('Envoy serves what its bootstrap says, and ends', NEEDS_ENVOY, async (t) => {
  const upstream = createServer((request, response) => response.end(`upstream ${request.url}`))
  upstream.listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  t.after(() => upstream.close())
  const config = bootstrap(
    [
      httpListener('one', { routes: [routeTo('upstream')] }),
      httpListener('two', { routes: [directResponse(418, 'tea')] }),
    ],
    [cluster('upstream', (upstream.address() as AddressInfo).port)],
  )
  const envoy = await Envoy.start(config)
  assert.equal(await (await fetch(envoy.url('one', '/a'))).text(), 'upstream /a')
  assert.equal((await fetch(envoy.url('two'))).status, 418)
  assert.deepEqual(
    [...(await envoy.statistics(/^http\.(one|two)\.downstream_rq_total$/))],
    [
      ['http.one.downstream_rq_total', 1],
      ['http.two.downstream_rq_total', 1],
    ],
  )
  await envoy[Symbol.asyncDispose]()
  assert.equal(existsSync(`/proc/${envoy.pid}`), false)
})

test('what Envoy refuses is said with its words', NEEDS_ENVOY, async () => {
  const filters = [wasmHttpFilter({ file: '/nowhere.wasm' })]
  const config = bootstrap([httpListener('one', { filters, routes: [directResponse(200)] })], [])
  await assert.rejects(Envoy.start(config), /nowhere\.wasm/)
})
