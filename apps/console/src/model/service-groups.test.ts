import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { GetServiceResponseSchema, type ServiceInstanceSchema } from '@quadrant/proto'
import { finder } from './find-words.ts'
import { figureSum, listRows, rowState, rowTexts, serviceGroups, type ServiceRow } from './service-groups.ts'

type InstanceInit = Exclude<MessageInitShape<typeof ServiceInstanceSchema>, { $typeName: string }>

const process = (service: string, pid: number, init: InstanceInit = {}): InstanceInit => ({
  id: `proc:web-1/${pid}@1`,
  host: 'web-1',
  process: { pid, comm: service || 'thing', service },
  ...init,
})

const answer = create(GetServiceResponseSchema, {
  instances: [
    process('nginx', 1, { buildId: 'build:d' }),
    process('', 2, { process: { pid: 2, endNs: 5 } }),
    process('cart', 4, {
      buildId: 'build:a',
      host: 'web-2',
      figures: { heapLiveBytes: 5e6, goroutines: 10 },
    }),
    process('cart', 3, { buildId: 'build:a', figures: { heapLiveBytes: 2e6, goroutines: 7 } }),
    process('cart', 5, { buildId: 'build:b' }),
    process('api', 6, { buildId: 'build:c', cost: { detached: true } }),
    ...Array.from({ length: 9 }, (_, i) => process('worker', 20 + i)),
  ],
  builds: [
    { id: 'build:a', runtime: 'go', runtimeVersion: 'go1.26.8', mainPackage: 'example.com/cart' },
    {
      id: 'build:b',
      runtime: 'go',
      runtimeVersion: 'go1.19',
      mainPackage: 'example.com/old',
      refusal: 'too old',
    },
    {
      id: 'build:c',
      runtime: 'go',
      runtimeVersion: 'go1.26.8',
      mainPackage: 'example.com/api',
      dependencies: [{ path: 'golang.org/x/net', version: 'v0.31.0' }],
    },
    { id: 'build:d', runtime: 'native', exe: '/usr/sbin/nginx', refusal: 'only Go is observed' },
  ],
})

const groups = (find = '', turned: readonly string[] = []) =>
  serviceGroups(answer, { isFound: finder(find), turned: new Set(turned) })
const lines = (rows: readonly ServiceRow[]) =>
  listRows(rows).map((row) => (row.kind === 'service' ? row.name : `  ${row.instance.process!.pid}`))

test('processes stand below their service, those in Go first', () => {
  assert.deepEqual(lines(groups()), ['api', 'cart', '  3', '  4', '  5', 'nginx', 'worker', ''])
  assert.deepEqual(
    groups().map(({ id, processes }) => `${id} ${processes.length}`),
    ['svc:api 1', 'svc:cart 3', 'svc:nginx 1', 'svc:worker 9', ' 1'],
  )
})

test('a service is opened and closed, and a search opens what it finds', () => {
  assert.deepEqual(lines(groups('', ['cart', 'api', ''])), [
    'api',
    '  6',
    'cart',
    'nginx',
    'worker',
    '',
    '  2',
  ])
  assert.deepEqual(lines(groups('x/net@v0.31')), ['api', '  6'])
  assert.deepEqual(lines(groups('cart 4')), ['cart', '  4'])
  assert.deepEqual(lines(groups('nothing of that')), [])
})

test('a service tells what its processes have in common, and what they come to', () => {
  const [api, cart, nginx] = groups() as [ServiceRow, ServiceRow, ServiceRow]
  assert.deepEqual(rowTexts(cart), { host: '2 hosts', runtime: 'go1.19, go1.26.8', main: '2 programs' })
  assert.deepEqual(rowTexts(cart.processes[0]!), {
    host: 'web-1',
    runtime: 'go1.26.8',
    main: 'example.com/cart',
  })
  assert.deepEqual([figureSum(cart, 'heapLiveBytes'), figureSum(cart, 'goroutines')], [7e6, 17])
  assert.equal(figureSum(nginx, 'goroutines'), undefined)
  assert.deepEqual(rowState(cart), { text: '1 of 3: too old', isBad: true })
  assert.deepEqual(rowState(cart.processes[0]!), { text: 'observed', isBad: false })
  assert.deepEqual(rowState(api), { text: 'probes detached', isBad: true })
  assert.deepEqual(rowState(nginx), { text: 'only Go is observed', isBad: false })
  assert.deepEqual(rowState(groups().at(-1)!), { text: 'ended', isBad: false })
  assert.deepEqual(rowTexts(nginx), { host: 'web-1', runtime: 'native', main: '/usr/sbin/nginx' })
})
