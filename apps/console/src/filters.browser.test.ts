// The Filters page in a real browser, against the real server, which gateways tell over the real protocol.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf'
import type { Page } from 'playwright-core'
import {
  FilterOrderKind,
  FilterOrderSchema,
  FilterReleaseSchema,
  ReleaseStage,
  SignatureAlgorithm,
  FilterUseSchema,
  type ReleaseStatusSchema,
} from '@quadrant/proto'
import { browserMissing } from './testing/browser.ts'
import { FedConsole } from './testing/fed-console.ts'
import { GatewayFeed } from './testing/gateway-feed.ts'
import { madeSecond, SHOP } from './testing/made-shop.ts'
import type { ServerProcess } from './testing/server-process.ts'

const skip = browserMissing() ?? false
const KEY_ID = `sha256:${'4e7c12c8'.repeat(8)}`
const DAY_NS = 86_400e9
const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest())

let app: FedConsole
let server: ServerProcess
let page: Page
let counting: NodeJS.Timeout | undefined
const gateways = new Map<string, GatewayFeed>()

before(async () => {
  if (skip) return
  app = await FedConsole.open((agent) => agent.deliver(madeSecond(SHOP, Math.floor(Date.now() / 1000))))
  ;({ server, page } = app)
})

after(async () => {
  clearInterval(counting)
  for (const gateway of gateways.values()) gateway[Symbol.dispose]()
  await app?.[Symbol.asyncDispose]()
})

async function open(path: string) {
  await page.goto(`${server.address}${path}`)
  await page.waitForSelector('.shell')
}

const moduleOf = (name: string) => new TextEncoder().encode(`module of ${name}`)

/** The server knows no keys: what a signature is worth only gateways say. */
async function push(name: string, version: bigint, init: MessageInitShape<typeof FilterReleaseSchema> = {}) {
  const module = moduleOf(name)
  const about = { moduleSha256: sha256(module), moduleBytes: module.length }
  await server.filters.uploadModule({ ...about, offset: 0, data: module })
  const nowNs = Date.now() * 1e6
  const release = toBinary(
    FilterReleaseSchema,
    create(FilterReleaseSchema, {
      ...about,
      name,
      version,
      abi: '0.2.1',
      notBeforeNs: nowNs - DAY_NS,
      expiresNs: nowNs + DAY_NS,
      ...init,
    }),
  )
  const signatures = [{ keyId: KEY_ID, algorithm: SignatureAlgorithm.ED25519, value: new Uint8Array(64) }]
  await server.filters.pushRelease({ release: { release, signatures } })
  return release
}

function tell(
  nodeId: string,
  name: string,
  release: Uint8Array,
  init: MessageInitShape<typeof ReleaseStatusSchema>,
) {
  const digest = { releaseSha256: sha256(release), moduleSha256: sha256(moduleOf(name)) }
  gateways
    .get(nodeId)!
    .send({ case: 'status', value: { ...digest, name, timeNs: Date.now() * 1e6, ...init } })
}

function count(
  nodeId: string,
  seconds: number,
  uses: Readonly<Record<string, MessageInitShape<typeof FilterUseSchema>>>,
) {
  const filters = Object.entries(uses).map(([name, use]) =>
    create(FilterUseSchema, Object.assign({}, use, { name, moduleSha256: sha256(moduleOf(name)) })),
  )
  gateways.get(nodeId)!.send({ case: 'report', value: { uptimeNs: seconds * 1e9, filters } })
}

const cells = (grid: string) =>
  page
    .getByRole('grid', { name: grid })
    .locator('[role="row"]')
    .evaluateAll((rows) =>
      rows
        .slice(1)
        .map((row) => [...row.querySelectorAll('[role="gridcell"]')].map((cell) => cell.textContent.trim())),
    )

/** Waits until a row of the list has a text: what gateways tell comes by the live stream. */
const row = (name: string, text: string) =>
  page
    .getByRole('grid', { name: 'Filters' })
    .locator('[role="row"]', { hasText: new RegExp(`^${name}.*${text}`) })

test('without filters the page says what would fill it', { skip }, async () => {
  await open('/map')
  await page.keyboard.press('g')
  await page.keyboard.press('w')
  await page.waitForURL(/\/filters/)
  await page.getByRole('heading', { name: 'No filter was pushed yet' }).waitFor()
  const commands = await page.locator('.empty .command code').allTextContents()
  for (const what of ['filter keygen', 'filter sign hello.wasm --name hello', 'filter push hello.signed'])
    assert.ok(
      commands.some((command) => command.includes(what)),
      what,
    )
})

test('gateways fill it: what serves where, how fast, and what was wrong', { skip }, async () => {
  for (const nodeId of ['edge-1', 'edge-2'])
    gateways.set(nodeId, await GatewayFeed.open(app.dataDir, nodeId, ['auth', 'loop']))
  await push('auth', 1n, { note: 'the first' })
  const auth = await push('auth', 2n)
  const loop = await push('loop', 1n)
  const serving = { stage: ReleaseStage.SERVING, servingSha256: sha256(moduleOf('auth')) }
  for (const nodeId of gateways.keys())
    tell(nodeId, 'auth', auth, { ...serving, version: 2n, servingVersion: 2n })
  tell('edge-1', 'loop', loop, {
    ...serving,
    version: 1n,
    servingVersion: 1n,
    servingSha256: sha256(moduleOf('loop')),
  })
  const reason = 'this gateway does not grant loop: http-call'
  tell('edge-2', 'loop', loop, {
    version: 1n,
    stage: ReleaseStage.REFUSED,
    code: 'capability-not-granted',
    reason,
  })
  const use = {
    callP50Ns: 5000,
    callP99Ns: 90_000,
    memoryBytes: 5e6,
    threads: [{ name: 'serving', count: 2 }],
  }
  const crashes = [
    { name: 'trap', count: 4 },
    { name: 'fuel', count: 3 },
  ]
  let seconds = 0
  // Again and again, as gateways do: what they do not repeat is soon of the past.
  counting = setInterval(() => {
    const streams = 20 * ++seconds
    for (const nodeId of gateways.keys())
      count(nodeId, seconds, {
        auth: { ...use, streams, calls: 4 * streams },
        ...(nodeId === 'edge-1' && { loop: { ...use, streams, calls: streams, crashes } }),
      })
  }, 200)
  await row('auth', '40/s').waitFor()
  await row('loop', '20/s').waitFor()
  const short = 'sha256:4e7c12c84e7c'
  const digest = (name: string) =>
    `sha256:${Buffer.from(sha256(moduleOf(name)))
      .toString('hex')
      .slice(0, 12)}`
  assert.deepEqual(await cells('Filters'), [
    [
      'loop',
      'refused',
      '1',
      '1 of 2',
      '20/s',
      '5.00 µs',
      '90.0 µs',
      '5.00 MB',
      '7',
      '0',
      digest('loop'),
      '0.2.1',
      short,
    ],
    [
      'auth',
      'serving',
      '2',
      '2 of 2',
      '40/s',
      '5.00 µs',
      '90.0 µs',
      '10.0 MB',
      '0',
      '0',
      digest('auth'),
      '0.2.1',
      short,
    ],
  ])
})

test('the filter query narrows it, and the twin has each gateway', { skip }, async () => {
  await open('/filters?q=state:refused')
  await row('loop', '').waitFor()
  assert.equal((await cells('Filters')).length, 1)
  await page.getByRole('button', { name: 'Table' }).click()
  await page.waitForURL(/view=table/)
  const twin = await cells('Filters by gateway')
  assert.deepEqual(
    twin.map((each) => each.slice(0, 6)),
    [
      ['loop', 'edge-1', 'alpha', 'serving', '1', '–'],
      [
        'loop',
        'edge-2',
        'alpha',
        'refused',
        '–',
        'capability-not-granted: this gateway does not grant loop: http-call',
      ],
    ],
  )
  assert.equal(twin[0]![12], '4 traps, 3 out of fuel')
  await open('/filters?q=stat:refused')
  await page.getByRole('combobox', { name: 'Filter' }).click()
  await page.getByText('unknown field').waitFor()
})

test('a filter opens to its gateways and versions, by address and by key', { skip }, async () => {
  await open('/filters?sel=filter:auth')
  const panel = page.getByRole('complementary', { name: 'Filter auth' })
  await panel.waitFor()
  const versions = panel.getByRole('region', { name: 'Versions' }).getByRole('listitem')
  await versions.nth(1).waitFor()
  const [newest = '', first = ''] = await versions.allTextContents()
  assert.match(newest, /^2offered, pushed .*signed by sha256:4e7c12c84e7c, until \d{4}-\d\d-\d\d$/)
  assert.match(first, /^1was offered, pushed .*the first$/)
  await versions
    .nth(1)
    .getByRole('button', { name: /filter rollback auth --to 1 --key filter-key\.pem/ })
    .waitFor()
  assert.match(
    (await page.getByRole('button', { name: 'Copy command' }).getAttribute('title')) ?? '',
    /quadrant filter list auth/,
  )
  await page.keyboard.press('Escape')
  await panel.waitFor({ state: 'detached' })
  await row('loop', '').focus()
  await page.keyboard.press('Enter')
  const places = page
    .getByRole('complementary', { name: 'Filter loop' })
    .getByRole('region', { name: 'Gateways' })
    .getByRole('listitem')
  await places.nth(1).waitFor()
  const [one = '', other = ''] = await places.allTextContents()
  assert.match(one, /^edge-1alphaservingversion 1 serving, told .*2 threads serving.*4 traps, 3 out of fuel/)
  assert.match(
    other,
    /^edge-2alpharefusedversion 1 refused.*nothing serves.*capability-not-granted: this gateway/,
  )
})

test('the kill switch asks, says who will not follow, and shows who did', { skip }, async () => {
  await open('/filters?sel=filter:auth')
  await page.getByRole('button', { name: 'Switch off…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('Gateways that want signed orders will not follow').waitFor()
  // Nothing was ordered, and Escape leaves the panel where it is.
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  await page.getByRole('complementary', { name: 'Filter auth' }).waitFor()
  assert.equal(
    (await server.filters.listFilters({})).filters.find(({ name }) => name === 'auth')!.order,
    undefined,
  )
  await page.getByRole('button', { name: 'Switch off…' }).click()
  await dialog.getByLabel('Reason, for people').fill('it lets everybody in')
  await dialog.getByRole('button', { name: 'Switch off on 2 gateways' }).click()
  await dialog.waitFor({ state: 'detached' })
  for (const [nodeId, gateway] of gateways) {
    const { value } = await gateway.until('order')
    assert.equal(value.signatures.length, 0)
    const order = fromBinary(FilterOrderSchema, value.order)
    assert.deepEqual(
      [order.name, order.kind, order.reason],
      ['auth', FilterOrderKind.OFF, 'it lets everybody in'],
    )
    const isFollowed = nodeId === 'edge-1'
    const told = { name: 'auth', sequence: order.sequence, followed: isFollowed, off: isFollowed }
    gateway.send({
      case: 'order',
      value: {
        ...told,
        orderSha256: sha256(value.order),
        ...(!isFollowed && { code: 'unsigned', reason: 'signed orders only' }),
      },
    })
  }
  await page.getByText('edge-2 does not follow: unsigned: signed orders only').waitFor()
  await row('auth', 'off.*1 of 2').waitFor()
  await page.getByText('by the server’s word, not signed').waitFor()
  await page.getByRole('button', { name: 'Switch on…' }).waitFor()
})

test('every state is a word in the accessibility tree', { skip }, async () => {
  await open('/filters')
  await row('auth', 'off').waitFor()
  const session = await page.context().newCDPSession(page)
  const { nodes } = await session.send('Accessibility.getFullAXTree')
  const names = (role: string) =>
    nodes.filter((node) => node.role?.value === role).map(({ name }) => String(name?.value ?? ''))
  assert.ok(names('grid').includes('Filters'))
  for (const state of ['off', 'refused']) assert.ok(names('gridcell').includes(state), state)
})

test('what a gateway told that is away is not shown as if it were now', { skip }, async () => {
  gateways.get('edge-1')![Symbol.dispose]()
  await row('loop', 'refused.*0 of 2–').waitFor()
  await page.getByText('1 away').waitFor()
  assert.deepEqual(app.complaints, [])
})
