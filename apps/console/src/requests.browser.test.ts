// What the console shows of requests in a real browser, against the real server, fed by an agent over the real protocol.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { formatCount, formatDurationNs, formatRate, formatShare } from '@quadrant/core'
import { Level, RequestGrouping } from '@quadrant/proto'
import { signalsLabel } from './model/request-signals.ts'
import type { AgentFeed } from './testing/agent-feed.ts'
import { browserMissing } from './testing/browser.ts'
import { FedConsole } from './testing/fed-console.ts'
import {
  CAPTURE_SECONDS,
  isFailedCapture,
  MADE_ROUTES,
  madeCapture,
  madeRequests,
  madeTimesNs,
  type MadeRoute,
} from './testing/made-requests.ts'
import { madeRuntime } from './testing/made-runtime.ts'
import { madeSecond, SHOP } from './testing/made-shop.ts'
import type { ServerProcess } from './testing/server-process.ts'

const BACKLOG_SECONDS = 80
const EDGE = 'svc:storefront>svc:checkout>tcp>9002'
/** A bucket is so much wider than the one before. */
const BUCKET = 2 ** (1 / 8)

const skip = browserMissing() ?? false

let app: FedConsole
let server: ServerProcess
let feed: AgentFeed
let page: Page
/** When the backlog ended, seconds of the Unix epoch. */
let endedAt = 0

before(async () => {
  if (skip) return
  app = await FedConsole.open(async (agent) => {
    endedAt = Math.floor(Date.now() / 1000)
    for (let second = endedAt - BACKLOG_SECONDS; second < endedAt; second++) {
      const batch = madeSecond(SHOP, second)
      batch.runtime = madeRuntime(second, { withBuilds: second === endedAt - BACKLOG_SECONDS })
      batch.requests = madeRequests(second)
      await agent.deliver(batch)
    }
  })
  ;({ server, feed, page } = app)
})

after(async () => {
  await app?.[Symbol.asyncDispose]()
})

/** Sixty seconds of the backlog. */
function range() {
  const [start, end] = [endedAt - 65, endedAt - 5]
  const text = [start, end]
    .map((second) => new Date(second * 1000).toISOString().replace('.000', ''))
    .join('/')
  const seconds = Array.from({ length: end - start }, (_, i) => start + i)
  return { text, seconds, asked: { startNs: start * 1e9, endNs: end * 1e9 } }
}

async function open(path: string) {
  await page.goto(`${server.address}${path}`)
  await page.waitForSelector('.shell')
}

const ofEdge = ({ client, server: to }: MadeRoute) => client === 'storefront' && to === 'checkout'
const ORDERED = MADE_ROUTES.filter(ofEdge).toSorted((a, b) => b.perSecond - a.perSecond)

/** What was told, counted and sorted anew. */
function told(routes: readonly MadeRoute[], seconds: readonly number[]) {
  const times = routes
    .flatMap((route) => seconds.flatMap((second) => madeTimesNs(route, second)))
    .sort((a, b) => a - b)
  const failing = routes.reduce((sum, { failing: each = 0 }) => sum + each * seconds.length, 0)
  return {
    perSecond: times.length / seconds.length,
    count: times.length,
    failing,
    share: failing / times.length,
    quantile: (share: number) => times[Math.ceil(share * times.length) - 1]!,
    longest: times.at(-1)!,
  }
}

const rowTexts = (grid: string) =>
  page
    .getByRole('grid', { name: grid })
    .locator('[role="row"]')
    .evaluateAll((rows) =>
      rows
        .slice(1)
        .map((row) => [...row.querySelectorAll('[role="gridcell"]')].map((cell) => cell.textContent ?? '')),
    )

test(
  'an edge of the map tells rate, errors and p99 of its requests, in words, label and colour',
  { skip },
  async () => {
    const { text, seconds, asked } = range()
    await open(`/map?t=${text}`)
    const edge = page.locator(`[data-edge="${EDGE}"]`)
    await edge.waitFor()
    const truth = told(ORDERED, seconds)
    const words = (await edge.getAttribute('aria-label')) ?? ''
    assert.ok(
      words.includes(
        `, ${formatCount(truth.perSecond)} requests a second, ${formatShare(truth.share)} errors, median `,
      ),
      words,
    )
    assert.match(words, new RegExp(`failed requests ${formatCount(truth.failing)}$`))
    assert.match((await edge.getAttribute('class')) ?? '', /\berrors\b/)
    const { edges } = await server.api.getMap({ range: asked, level: Level.SERVICE })
    const { requests } = edges.find(({ id }) => id === EDGE)!
    for (const [share, ns] of [
      [0.5, requests!.p50Ns],
      [0.99, requests!.p99Ns],
    ] as const) {
      const exact = truth.quantile(share)
      assert.ok(ns <= exact * BUCKET && ns >= exact / BUCKET, `${share}: ${ns}, not ${exact}`)
    }
    const label = signalsLabel(requests!)
    assert.match(label, /^\d+\/s [\d.]+ % [\d.]+ ms$/)
    assert.ok((await page.locator('.map-labels text, .map-edge .label', { hasText: label }).count()) > 0)
    // Connections of the edge to postgres carry no request that is known: it has its bytes.
    const silent = page.locator('[data-edge="svc:checkout>svc:postgres>tcp>5432"]')
    assert.doesNotMatch((await silent.getAttribute('aria-label')) ?? '', /requests/)
  },
)

test('the twin of the map has the requests of each edge', { skip }, async () => {
  const { text, seconds } = range()
  await open(`/map?t=${text}&view=table`)
  const row = page
    .getByRole('grid', { name: 'Edges' })
    .locator('[role="row"]', { hasText: /^storefrontcheckout/ })
  await row.waitFor()
  const cells = await row.locator('[role="gridcell"]').allTextContents()
  const truth = told(ORDERED, seconds)
  assert.deepEqual(cells.slice(2, 5), ['tcp 9002', formatCount(truth.perSecond), formatShare(truth.share)])
  assert.match(cells[5]!, /ms$/)
  assert.equal(cells.at(-1), 'failed requests')
})

test(
  'the panel of an edge has its routes, and leads to the service and to what was captured',
  { skip },
  async () => {
    const { text, seconds } = range()
    await open(`/map?t=${text}&sel=edge:${encodeURIComponent(EDGE)}`)
    const routes = page.getByRole('list', { name: 'Routes' }).getByRole('listitem')
    await routes.first().waitFor()
    const shown = await routes.allTextContents()
    assert.equal(shown.length, ORDERED.length)
    for (const [i, route] of ORDERED.entries()) {
      const truth = told([route], seconds)
      assert.ok(shown[i]!.includes(`${route.route}${formatRate(route.perSecond)}`), shown[i]!)
      assert.ok(
        shown[i]!.includes(route.failing ? `${formatShare(truth.share)} errors` : 'no errors'),
        shown[i]!,
      )
    }
    await page.getByText('HTTP/2, joined after its first frame').waitFor()
    await page.getByRole('button', { name: 'Captured ones' }).click()
    await page.waitForURL(/\/flows\?.*of=requests/)
    assert.match(new URL(page.url()).searchParams.get('q') ?? '', /^from:storefront to:checkout port:9002$/)
    await page.goBack()
    await page.getByRole('button', { name: 'All that checkout served' }).click()
    await page.waitForURL(/\/service\?.*sel=svc:checkout/)
  },
)

test(
  'routes of a service are sorted by what is pressed, and one opens to how its requests ended',
  { skip },
  async () => {
    const { text, seconds, asked } = range()
    const { groups } = await server.api.getRequests({
      server: 'svc:checkout',
      range: asked,
      grouping: RequestGrouping.ROUTE,
    })
    await open(`/service?sel=svc:checkout&t=${text}`)
    const grid = page.getByRole('grid', { name: 'Routes' })
    await grid.locator('[aria-rowindex="2"]').waitFor()
    const title = ({ method, route }: { method: string; route: string }) => `${method} ${route}`
    const shown = await rowTexts('Routes')
    assert.deepEqual(
      shown.map(([route]) => route),
      ORDERED.map(title),
    )
    for (const [i, route] of ORDERED.entries()) {
      const truth = told([route], seconds)
      const { signals } = groups.find((group) => title(group) === title(route))!
      assert.deepEqual(shown[i]!.slice(2, 5), [
        formatCount(route.perSecond),
        formatShare(truth.share),
        formatCount((route.refused ?? 0) * seconds.length),
      ])
      assert.equal(shown[i]![6], formatDurationNs(signals!.p99Ns))
      assert.equal(shown[i]![7], formatDurationNs(truth.longest))
    }
    // What is over the limit of routes stands among them.
    assert.ok(shown.some(([route]) => route === 'GET ~other'))
    await grid.getByRole('button', { name: 'p99' }).click()
    await page.waitForURL(/sort=p99/)
    const byP99 = groups.toSorted((a, b) => b.signals!.p99Ns - a.signals!.p99Ns).map(title)
    assert.deepEqual(
      (await rowTexts('Routes')).map(([route]) => route),
      byP99,
    )
    assert.equal(await grid.locator('[aria-sort]').getAttribute('aria-sort'), 'descending')
    await grid.getByRole('button', { name: 'p99' }).click()
    await page.waitForURL(/sort=-p99/)
    assert.deepEqual(
      (await rowTexts('Routes')).map(([route]) => route),
      byP99.toReversed(),
    )
    const row = grid.locator('[role="row"]', { hasText: 'POST /orders' })
    await row.focus()
    await page.keyboard.press('Enter')
    await page.waitForURL(/item=route/)
    const detail = page.getByRole('group', { name: 'Route /orders' })
    assert.match(
      (await detail.textContent()) ?? '',
      new RegExp(`^200 ${formatCount(19 * 60)}503 ${formatCount(60)}p50 .*, of 1\\.20k timed`),
    )
    await page.keyboard.press('/')
    await page.keyboard.type('Quote')
    await page.waitForURL(/find=Quote/)
    assert.deepEqual(
      (await rowTexts('Routes')).map(([route]) => route),
      ['POST /shop.Checkout/Quote'],
    )
  },
)

test('requests over time stand on the axis of the runtime: one cursor, one zoom', { skip }, async () => {
  const { text } = range()
  await open(`/service?sel=svc:checkout&t=${text}`)
  const requests = page.getByRole('slider', { name: 'Rate, errors and latency' })
  const runtime = page.getByRole('slider', { name: 'Collections and stops' })
  await requests.waitFor()
  await runtime.waitFor()
  const box = (await requests.boundingBox())!
  await page.mouse.move(box.x + box.width * 0.6, box.y + 40)
  const cursors = page.locator('.strip-cursor')
  await cursors.nth(1).waitFor({ state: 'attached' })
  const xs = await cursors.evaluateAll((all) => all.map((each) => each.getBoundingClientRect().x))
  assert.equal(xs.length, 2)
  assert.ok(Math.abs(xs[0]! - xs[1]!) < 0.5 && Math.abs(xs[0]! - (box.x + box.width * 0.6)) < 1.5, xs.join())
  const ticks = async () =>
    Promise.all([requests, runtime].map((each) => each.locator('.time-tick').allTextContents()))
  const [before] = await ticks()
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.8, box.y + 44, { steps: 4 })
  await page.mouse.up()
  await page.getByRole('button', { name: 'Whole range' }).first().waitFor()
  const [zoomed, same] = await ticks()
  assert.deepEqual(zoomed, same)
  assert.notDeepEqual(zoomed, before)
  await runtime.focus()
  await page.keyboard.press('0')
  await page.getByRole('button', { name: 'Whole range' }).first().waitFor({ state: 'detached' })
  assert.deepEqual((await ticks())[0], before)
})

test('the keyboard walks the time of requests, and each step is told in words', { skip }, async () => {
  const { text, seconds } = range()
  await open(`/service?sel=svc:checkout&t=${text}`)
  const strip = page.getByRole('slider', { name: 'Rate, errors and latency' })
  await strip.waitFor()
  await page.mouse.move(5, 5)
  await strip.focus()
  await page.keyboard.press('Home')
  const words = async () => (await strip.getAttribute('aria-valuetext')) ?? ''
  const of = (second: number) => {
    const truth = told(ORDERED, [second])
    const clock = new Date(second * 1000).toTimeString().slice(0, 8)
    return `${clock}: ${formatCount(truth.perSecond)} requests a second, ${formatShare(truth.share)} errors, median `
  }
  assert.ok((await words()).startsWith(of(seconds[0]!)), await words())
  await page.keyboard.press('ArrowRight')
  assert.ok((await words()).startsWith(of(seconds[1]!)), await words())
  await page.keyboard.press('End')
  assert.ok((await words()).startsWith(of(seconds.at(-1)!)), await words())
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/flows\?.*of=requests/)
  const address = new URL(page.url())
  assert.equal(address.searchParams.get('q'), 'to:checkout')
  const [from, to] = address.searchParams.get('t')!.split('/').map(Date.parse)
  assert.ok(from! / 1000 <= seconds.at(-1)! && seconds.at(-1)! + 1 <= to! / 1000)
})

test('the twin of the service has a row for each second of requests', { skip }, async () => {
  const { text, seconds } = range()
  await open(`/service?sel=svc:checkout&t=${text}`)
  await page.getByRole('slider', { name: 'Rate, errors and latency' }).waitFor()
  await page.keyboard.press('t')
  const grid = page.getByRole('grid', { name: 'Requests over time' })
  await grid.locator('[aria-rowindex="2"]').waitFor()
  assert.equal(Number(await grid.getAttribute('aria-rowcount')) - 1, seconds.length)
  const truth = told(ORDERED, [seconds.at(-1)!])
  const [first] = await rowTexts('Requests over time')
  assert.deepEqual(first!.slice(1, 5), [
    formatCount(truth.count),
    formatCount(truth.perSecond),
    formatCount(truth.failing),
    formatShare(truth.share),
  ])
  await page.getByRole('grid', { name: 'Collections and stops' }).waitFor()
})

test(
  'what could not be read is named with its reason, and where nothing was, that is said',
  { skip },
  async () => {
    const { text } = range()
    const edge = encodeURIComponent('svc:payments>addr:192.0.2.80>tcp>443')
    await open(`/map?t=${text}&sel=edge:${edge}`)
    await page.getByText('No HTTP or gRPC request was read on it in this range.').waitFor()
    const lines = page.getByRole('list', { name: 'Not read as requests' })
    assert.match(
      (await lines.textContent()) ?? '',
      /^TLS: what is inside was not read, bank\.example180 connections, 246 kB ↔ 468 kB$/,
    )
    await open(`/service?sel=svc:mailer&t=${text}`)
    await page.getByText('No agent reads requests here').waitFor()
  },
)

test('captured requests are listed, filtered, and opened with their headers', { skip }, async () => {
  const { text, seconds } = range()
  const captured = seconds.filter((second) => second % CAPTURE_SECONDS === 0)
  await open(`/flows?t=${text}`)
  await page.getByRole('grid', { name: 'Flows' }).waitFor()
  await page.keyboard.press('2')
  await page.waitForURL(/of=requests/)
  const grid = page.getByRole('grid', { name: 'Captured requests' })
  await grid.locator('[aria-rowindex="2"]').waitFor()
  const rows = async () => Number(await grid.getAttribute('aria-rowcount')) - 1
  assert.equal(await rows(), captured.length)
  const [newest] = await rowTexts('Captured requests')
  const second = captured.at(-1)!
  assert.match(newest![0]!, /^\d\d:\d\d:\d\d\.300$/)
  assert.deepEqual(newest!.slice(1, 5), [
    'GET',
    '/orders/{id}',
    isFailedCapture(second) ? '503' : '200',
    '15.0 ms',
  ])
  assert.match(newest!.slice(5, 7).join(' '), /^storefront \d+ checkout \d+$/)
  const trace = Buffer.from(madeCapture(second).traceId as Uint8Array).toString('hex')
  assert.equal(newest![8], trace)
  await grid.locator('[aria-rowindex="2"]').focus()
  await page.keyboard.press('Enter')
  await page.waitForURL(/sel=request:\d+/)
  const panel = page.getByRole('complementary', { name: `Request GET /orders/${second % 1000}?page=2` })
  await panel.waitFor()
  const headers = await panel.getByRole('region', { name: 'Request headers' }).textContent()
  assert.match(headers ?? '', /x-trace-samplinghighauthorization\[redacted\]cookie\[redacted\]/)
  const facts = (await panel.textContent()) ?? ''
  assert.match(facts, /Sending40\.0 µsWaiting12\.0 msReceiving3\.00 ms/)
  assert.match(facts, /x-bigx{64} cut, 2\.05 kB in all/)
  assert.match(facts, /One more header was not kept/)
  assert.match(facts, /Asked for byasked-forSeen atthe server's endRead frompackets of the cgroup/)
  await page.keyboard.press('Escape')
  await panel.waitFor({ state: 'detached' })
  await page.getByRole('group', { name: 'Filters' }).getByRole('button', { name: 'Failed' }).click()
  await page.waitForURL(/q=status:error/)
  await page.waitForFunction(
    (count) =>
      Number(document.querySelector('[aria-label="Captured requests"]')?.getAttribute('aria-rowcount')) ===
      count,
    captured.filter(isFailedCapture).length + 1,
  )
  await page.keyboard.press('y')
  await page
    .getByText(/quadrant observe --requests --data \S+ -q status:error --since \S+Z --until \S+Z/)
    .waitFor()
  // Fields of requests are none of connections: the filter stays behind, and does not refuse what comes.
  await page.keyboard.press('1')
  await page.getByRole('grid', { name: 'Flows' }).waitFor()
  assert.doesNotMatch(page.url(), /q=/)
})

test('what is captured now comes by itself', { skip }, async () => {
  await open('/flows?of=requests&t=5m')
  const grid = page.getByRole('grid', { name: 'Captured requests' })
  await grid.locator('[aria-rowindex="2"]').waitFor()
  const second = Math.floor(Date.now() / 1000) - 1
  const batch = madeSecond(SHOP, second)
  const live = { ...madeCapture(second, '/orders/live'), route: '' }
  const unended = { ...live, target: '/orders/unended', responseEndNs: 0 }
  batch.requests = { captures: [unended, live] }
  await feed.deliver(batch)
  await grid.getByText('/orders/live').waitFor()
  // Its first byte came 40 µs and 12 ms after it began.
  await grid
    .getByRole('row', { name: /\/orders\/unended/ })
    .getByText('≥ 12.0 ms')
    .click()
  await page.getByText('12.0 ms to the first byte of the response; its last one was not seen.').waitFor()
  assert.match((await grid.locator('[aria-rowindex="2"]').textContent()) ?? '', /GET\/orders\/live/)
})

test(
  'sampling is switched, edited and refused here, told to the agent, and what is over the cap is counted',
  { skip },
  async () => {
    await open('/flows?of=requests&sel=sampling')
    const panel = page.getByRole('complementary', { name: 'Sampling' })
    const rules = async () => (await feed.instruction()).requests!.samplingRules
    const toggle = panel.getByRole('switch', { name: 'X-Trace-Sampling: high' })
    await toggle.click()
    const [asked, ...others] = await rules()
    assert.deepEqual(
      [asked!.header, asked!.value, asked!.capturesPerSecondMax, others.length],
      ['X-Trace-Sampling', 'high', 50, 0],
    )
    await panel.getByText('On. The rest are counted').waitFor()
    await panel.getByRole('button', { name: 'Add a rule' }).click()
    const rule = panel.getByRole('group', { name: 'Rule rule-2' })
    const apply = panel.getByRole('button', { name: 'Apply' })
    await rule.getByLabel('Header').fill('x:y')
    await rule.getByLabel('Cap, captures a second').fill('ten')
    await rule.getByText('The cap is a whole number').waitFor()
    assert.equal(await apply.isDisabled(), true)
    await rule.getByLabel('Cap, captures a second').fill('5')
    await apply.click()
    await rule.getByText('SAMPLE004').waitFor()
    await rule.getByLabel('Header').fill('X-Debug')
    await rule.getByLabel('Service').fill('shop-*')
    await apply.click()
    const [, debug] = await rules()
    assert.deepEqual(
      [debug!.id, debug!.header, debug!.value, debug!.service, debug!.capturesPerSecondMax],
      ['rule-2', 'X-Debug', '', 'shop-*', 5],
    )
    await rule.getByText('SAMPLE004').waitFor({ state: 'detached' })
    assert.equal(await apply.isDisabled(), true)
    feed.report({
      timeNs: Date.now() * 1e6,
      requests: {
        generation: 3,
        effectiveNs: Date.now() * 1e6,
        headerScan: true,
        captures: 12,
        capturesCapped: 34,
      },
    })
    await panel.getByText('34 asked for, and only counted').waitFor()
    await panel
      .getByText(/^1 host follows 2 rules, since [\d:]{8}; heads of requests are searched\.$/)
      .waitFor()
    await toggle.click()
    assert.deepEqual(
      (await rules()).map(({ id }) => id),
      ['rule-2'],
    )
    await panel.getByText('Off. The rest are counted').waitFor()
    // Now that an agent reads them, a service without is one that served none.
    await open(`/service?sel=svc:mailer&t=${range().text}`)
    await page.getByText('It served no HTTP or gRPC request in this range').waitFor()
  },
)

test('a narrow page keeps its switch whole, and a panel lies above the table', { skip }, async () => {
  const viewport = page.viewportSize()!
  await page.setViewportSize({ width: 600, height: 800 })
  try {
    await open('/flows?of=requests&t=5m&sel=sampling')
    const panel = page.getByRole('complementary', { name: 'Sampling' })
    await panel.waitFor()
    const box = async (locator: Locator) => (await locator.boundingBox())!
    const requests = page.getByRole('group', { name: 'Rows' }).getByRole('button', { name: 'Requests' })
    const group = await box(page.getByRole('group', { name: 'Rows' }))
    const button = await box(requests)
    assert.ok(button.x + button.width <= group.x + group.width + 1, 'the switch is cut off')
    const rail = await box(page.getByRole('navigation').first())
    const table = await box(page.getByRole('grid', { name: 'Captured requests' }))
    assert.ok(table.width >= 600 - rail.width - 1, `the table is left ${table.width} px`)
    const above = await box(panel)
    assert.ok(above.x >= rail.x + rail.width - 1 && above.x + above.width <= 601, 'the panel is out of sight')
    await page.keyboard.press('Escape')
    await panel.waitFor({ state: 'detached' })
    await requests.click()
  } finally {
    await page.setViewportSize(viewport)
  }
})

test('everything that can be pressed, moved or walked has a name', { skip }, async () => {
  const { text } = range()
  const roles = new Set([
    'button',
    'link',
    'slider',
    'switch',
    'combobox',
    'textbox',
    'grid',
    'group',
    'region',
    'list',
    'complementary',
  ])
  const session = await page.context().newCDPSession(page)
  for (const [path, ready] of [
    [`/map?t=${text}&sel=edge:${encodeURIComponent(EDGE)}`, '.routes li'],
    [`/service?sel=svc:checkout&t=${text}`, '.signal-p99'],
    [`/service?sel=svc:checkout&t=${text}&view=table`, '[aria-label="Requests over time"]'],
    [`/flows?of=requests&t=${text}`, '[aria-label="Captured requests"] [aria-rowindex="2"]'],
    [`/flows?of=requests&sel=sampling&t=${text}`, '.sampling-form fieldset'],
  ] as const) {
    await open(path)
    await page.locator(ready).first().waitFor({ state: 'attached' })
    const { nodes } = await session.send('Accessibility.getFullAXTree')
    const shown = nodes.filter(({ role, ignored }) => !ignored && roles.has(String(role?.value)))
    assert.ok(shown.length > 15, path)
    assert.deepEqual(
      shown
        .filter(({ name, role }) => !name?.value && role?.value !== 'list')
        .map(({ role }) => String(role?.value)),
      [],
      path,
    )
  }
})

test('nothing on these pages breaks the content security policy', { skip }, () => {
  assert.deepEqual(app.complaints, [])
})
