// The pages about Go runtimes in a real browser, against the real server, fed by an agent over the real protocol.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { formatCount, formatDurationUs } from '@quadrant/core'
import { GcTrigger, type GetProfileResponse } from '@quadrant/proto'
import type { AgentFeed } from './testing/agent-feed.ts'
import { browserMissing } from './testing/browser.ts'
import { FedConsole } from './testing/fed-console.ts'
import { forcedCollection, HOT, MADE_GO, madeRuntime } from './testing/made-runtime.ts'
import { madeKey, madeSecond, SHOP } from './testing/made-shop.ts'
import type { ServerProcess } from './testing/server-process.ts'

const BACKLOG_SECONDS = 150
/** Before this many seconds before the end the code was another. */
const CHANGE_SECONDS = 75
/** When a request forced a collection: seconds before the end, and milliseconds within that second. */
const FORCED = { secondsAgo: 30, fromMs: 401, toMs: 461 }
/** The request that had to wait for it, from storefront to checkout. */
const REQUEST = { from: 'storefront', to: 'checkout', port: 9002, endMs: 463, durationMs: 63 }
const CHECKOUT = `proc:alpha/${madeKey(SHOP, 'checkout')}`

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
    feed = agent
    for (let second = endedAt - BACKLOG_SECONDS; second < endedAt; second++) await tell(second)
  })
  ;({ server, page } = app)
})

after(async () => {
  await app?.[Symbol.asyncDispose]()
})

async function tell(second: number) {
  const isForced = second === endedAt - FORCED.secondsAgo
  const runtime = madeRuntime(second, {
    withBuilds: second === endedAt - BACKLOG_SECONDS,
    isEarlier: second < endedAt - CHANGE_SECONDS,
  })
  if (isForced) runtime.gcCycles?.push(forcedCollection(second, FORCED.fromMs, FORCED.toMs))
  // No other connection ends in that second: a short one might be held up for a larger part of its life.
  const batch = isForced ? madeSecond(SHOP, second, 0, [REQUEST]) : madeSecond(SHOP, second)
  batch.runtime = runtime
  await feed.deliver(batch)
}

/** Seconds before the end of the backlog. */
function range(from: number, to: number) {
  const [start, end] = [endedAt - from, endedAt - to]
  const text = [start, end]
    .map((second) => new Date(second * 1000).toISOString().replace('.000', ''))
    .join('/')
  return { text, asked: { startNs: start * 1e9, endNs: end * 1e9 } }
}

async function open(path: string) {
  await page.goto(`${server.address}${path}`)
  await page.waitForSelector('.shell')
}

const flame = () => page.locator('.flame').first()
const status = () => page.locator('.status-line')

async function openProfile(rest = '', from = 70, to = 5) {
  const { text, asked } = range(from, to)
  await open(`/profiles?sel=svc:checkout&t=${text}${rest}`)
  return server.api.getProfile({ subject: 'svc:checkout', range: asked })
}

/** Samples by function, walked stack by stack through the answer: self, and total where a function counts once a stack. */
function recount({ profile }: GetProfileResponse, isCounted: (sample: number) => boolean = () => true) {
  const { strings, frames, nodeFrame, nodeParent, sampleNode, sampleCount } = profile!
  const rows = new Map<string, { self: number; total: number }>()
  sampleNode.forEach((leaf, sample) => {
    if (!isCounted(sample)) return
    const seen = new Set<string>()
    for (let node = leaf; node > 0; node = nodeParent[node - 1]!) {
      const name = strings[frames[nodeFrame[node - 1]!]!.function]!
      const row = rows.get(name) ?? { self: 0, total: 0 }
      if (node === leaf) row.self += sampleCount[sample]!
      if (!seen.has(name)) row.total += sampleCount[sample]!
      seen.add(name)
      rows.set(name, row)
    }
  })
  return rows
}

const share = (part: number, whole: number) =>
  `${((part / whole) * 100).toFixed(part / whole < 0.09995 ? 2 : 1)} %`

test('the functions of the table are those of the API, with the samples of a recount', { skip }, async () => {
  const answer = await openProfile('&view=table')
  const grid = page.getByRole('grid', { name: 'Functions' })
  await grid.locator('[aria-rowindex="2"]').waitFor()
  const rows = recount(answer)
  // Broken stacks hang under a frame of their own.
  assert.equal(Number(await grid.getAttribute('aria-rowcount')) - 1, rows.size + 1)
  const shown = await grid
    .locator('[role="row"]')
    .evaluateAll((elements) =>
      elements
        .slice(1)
        .map((row) => [...row.querySelectorAll('[role="gridcell"]')].map((cell) => cell.textContent)),
    )
  assert.ok(shown.length > 10)
  for (const [name = '', self, , total, totalShare] of shown) {
    const row = name === '(broken stack)' ? { self: 0, total: answer.broken } : rows.get(name)
    assert.ok(row, name)
    assert.deepEqual([self, total], [formatCount(row.self), formatCount(row.total)], name)
    assert.equal(totalShare, share(row.total, answer.samples), name)
  }
  const hot = shown.find(([name]) => name === HOT)
  assert.match(hot!.join(' '), /example\.com\/shop.* internal\/order\/price\.go:\d+$/)
  assert.match((await status().textContent()) ?? '', new RegExp(`${answer.broken} broken stacks`))
})

test('keys go to the pages, and to the four views of a profile', { skip }, async () => {
  await open(`/map?t=${range(70, 5).text}`)
  await page.locator('[data-node="svc:checkout"]').focus()
  await page.keyboard.press('Enter')
  await page.waitForURL(/sel=svc:checkout/)
  await page.keyboard.press('g')
  await page.keyboard.press('p')
  await page.waitForURL(/\/profiles\?.*sel=svc:checkout/)
  await flame().waitFor()
  for (const [key, label, as] of [
    ['1', 'Flame graph in the order of time', 'as=time'],
    ['2', 'Flame graph, heaviest first', ''],
    ['4', 'Flame graph, A against B', 'as=diff'],
  ] as const) {
    await page.keyboard.press(key)
    await page.getByRole('tree', { name: label }).waitFor()
    assert.ok(page.url().includes(as))
  }
  // A difference has set something to differ from.
  assert.match(page.url(), /&b=65s/)
  await page.keyboard.press('3')
  await page.getByText('Which function?').waitFor()
  await page.keyboard.press('y')
  await page
    .getByText(
      /quadrant profile svc:checkout --data \S+ --since \S+Z --until \S+Z -o pprof --file checkout\.pb\.gz/,
    )
    .waitFor()
  await page.keyboard.press('Control+k')
  await page.keyboard.type('catalog: where its time')
  await page.keyboard.press('Enter')
  await page.waitForURL(/sel=svc:catalog/)
  await page.goBack()
  await page.waitForURL(/sel=svc:checkout/)
  await page.keyboard.press('g')
  await page.keyboard.press('s')
  await page.waitForURL(/\/service\?.*sel=svc:checkout/)
  await page.keyboard.press('y')
  await page.getByText(/quadrant gc svc:checkout --data \S+ --since \S+Z --until \S+Z/).waitFor()
})

test('the keyboard walks the frames, and each is told in words', { skip }, async () => {
  const answer = await openProfile()
  await flame().waitFor()
  await flame().focus()
  const words = () => flame().locator('[aria-live]').textContent()
  const total = recount(answer).get('net/http.(*conn).serve')!.total
  assert.equal(
    await words(),
    `net/http.(*conn).serve, ${formatCount(total)} samples (${share(total, answer.samples)}), ${formatDurationUs((total / 19) * 1e6)} of CPU, none in itself, net/http/server.go:2102, module Go standard library, level 1`,
  )
  for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowDown')
  assert.match((await words()) ?? '', new RegExp(`^${HOT.replaceAll('.', '\\.')}, .*, level 5$`))
  await page.keyboard.press('ArrowDown')
  assert.match((await words()) ?? '', /^slices\.SortFunc.*, inlined, /)
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('ArrowRight')
  assert.match((await words()) ?? '', /^github\.com\/jackc\/pgx\/v5\.\(\*Conn\)\.Query, /)
  const session = await page.context().newCDPSession(page)
  const { nodes } = await session.send('Accessibility.getFullAXTree')
  const named = nodes
    .filter(({ role }) => role?.value === 'treeitem')
    .map(({ name }) => String(name?.value ?? ''))
  // The way to it, and what it calls.
  assert.deepEqual(
    named.map((name) => name.slice(0, name.indexOf(', '))),
    [
      'net/http.(*conn).serve',
      'net/http.serverHandler.ServeHTTP',
      'net/http.(*ServeMux).ServeHTTP',
      'example.com/shop/internal/order.(*Handler).Place',
      'github.com/jackc/pgx/v5.(*Conn).Query',
      'github.com/jackc/pgx/v5/pgconn.(*PgConn).ExecPrepared',
    ],
  )
  await page.keyboard.press('Enter')
  await page.waitForURL(/item=github\.com/)
})

test(
  'a click on a frame selects its function, and the sandwich has it between callers and callees',
  { skip },
  async () => {
    const answer = await openProfile()
    await flame().waitFor()
    const box = (await flame().boundingBox())!
    // The fifth row begins with the hot function: it is the heaviest of the heaviest.
    await page.mouse.move(box.x + 40, box.y + 18 + 4 * 18 + 9)
    const detail = page.locator('.flame-detail')
    const { total } = recount(answer).get(HOT)!
    await detail.getByText(`Total ${formatCount(total)} samples (${share(total, answer.samples)})`).waitFor()
    await page.mouse.down()
    await page.mouse.up()
    await page.waitForURL((url) => url.searchParams.get('item') === HOT)
    await page.keyboard.press('3')
    await page.waitForURL(/as=sandwich/)
    for (const name of [`Callers of ${HOT}`, `Callees of ${HOT}`]) {
      const tree = page.getByRole('tree', { name })
      await tree.waitFor()
      const items = await tree.getByRole('treeitem').allTextContents()
      assert.equal(items.length, 1)
      assert.ok(items.join().startsWith(`${HOT}, ${formatCount(total)} samples`), items.join())
    }
    const callers = page.getByRole('tree', { name: `Callers of ${HOT}` })
    await callers.focus()
    // Its callers stand above it.
    await page.keyboard.press('ArrowUp')
    assert.match(
      (await callers.locator('[aria-live]').textContent()) ?? '',
      /^example\.com\/shop\/.*Place, .*level 2$/,
    )
  },
)

test('what is searched for is counted, and kinds of samples are told apart', { skip }, async () => {
  const answer = await openProfile('&find=json+encoding')
  await flame().waitFor()
  const { profile, samples } = answer
  const { strings, frames, nodeFrame, nodeParent } = profile!
  let found = 0
  profile!.sampleNode.forEach((leaf, sample) => {
    for (let node = leaf; node > 0; node = nodeParent[node - 1]!)
      if (strings[frames[nodeFrame[node - 1]!]!.function]!.includes('encoding/json')) {
        found += profile!.sampleCount[sample]!
        return
      }
  })
  assert.ok(found > 0)
  await status()
    .getByText(`${share(found, samples)} of the samples in what is searched for`)
    .waitFor()
  await page.getByRole('button', { name: 'Collector' }).click()
  await page.waitForURL(/kinds=gc/)
  await page.keyboard.press('t')
  const grid = page.getByRole('grid', { name: 'Functions' })
  await grid.waitFor()
  await page.getByLabel('Find functions').fill('')
  const ofCollector = recount(answer, (sample) => profile!.sampleKind[sample] === 1)
  await page.waitForFunction(
    (count) =>
      Number(document.querySelector('[aria-label="Functions"]')?.getAttribute('aria-rowcount')) === count,
    ofCollector.size + 1,
  )
})

test('A against B: what takes more and what less, in words as in colour', { skip }, async () => {
  await openProfile('&as=diff&b=80s&view=table', 70, 5)
  const grid = page.getByRole('grid', { name: 'Functions' })
  const row = (name: string) => grid.locator('[role="row"]', { hasText: name }).first()
  await grid.getByText('A against B').waitFor()
  assert.match((await row('klauspost/compress').textContent()) ?? '', /less −1\d(?:\.\d)? points/)
  assert.match((await row('slices.pdqsortCmpFunc').textContent()) ?? '', /more \+1\d(?:\.\d)? points/)
  // What has changed least stands last, and only rows in sight are in the document.
  const find = page.getByLabel('Find functions')
  await find.fill('(*conn).serve')
  assert.match((await row('net/http.(*conn).serve').textContent()) ?? '', /no change/)
  await find.fill('')
  await find.blur()
  await page.keyboard.press('t')
  const tree = page.getByRole('tree', { name: 'Flame graph, A against B' })
  await tree.waitFor()
  await tree.focus()
  for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowDown')
  assert.match(
    (await tree.locator('[aria-live]').textContent()) ?? '',
    /^example\.com\/shop\/internal\/order\.priceOf, \+1\d(?:\.\d)? points: \d+\.\d+ % in A, \d+\.\d+ % in B/,
  )
})

test('a stretch of the heat map is selected by pointer and by key', { skip }, async () => {
  await open('/profiles?sel=svc:checkout&bar=5m')
  const heat = page.getByRole('slider', { name: 'Processor time by second' })
  await page.waitForFunction(() => (document.querySelector('.heat-2')?.getAttribute('d') ?? '').length > 100)
  const box = (await heat.boundingBox())!
  await page.mouse.move(box.x + box.width * 0.7, box.y + 4)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.8, box.y + 30, { steps: 3 })
  await page.mouse.up()
  await page.waitForURL(/t=\d{4}[^&]*Z\/\d{4}/)
  const times = () => new URL(page.url()).searchParams.get('t')!.split('/').map(Date.parse)
  const [start, end] = times()
  // A tenth of five minutes, to the row of the column that it ended in.
  assert.ok(end! - start! > 25_000 && end! - start! < 45_000, `${end! - start!} ms`)
  await heat.focus()
  await page.mouse.move(5, 5)
  await page.keyboard.press('ArrowLeft')
  assert.match(
    (await heat.getAttribute('aria-valuetext')) ?? '',
    /^\d\d:\d\d:\d\d: (?:[\d.]+ processors at work, \d+ samples|no samples)/,
  )
  await page.keyboard.press('Shift+ArrowDown')
  await page.keyboard.press('Shift+ArrowDown')
  await page.keyboard.press('Enter')
  await page.waitForFunction(
    (before) => !location.search.includes(before),
    new Date(start!).toISOString().slice(0, 19),
  )
  const [from, to] = times()
  assert.equal(to! - from!, 3000)
})

test('the samples are downloaded as files of other tools', { skip }, async () => {
  const answer = await openProfile()
  await flame().waitFor()
  const download = async (name: string) => {
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name }).click(),
    ])
    return { name: file.suggestedFilename(), text: readFileSync(await file.path(), 'utf8') }
  }
  const folded = await download('folded')
  assert.equal(folded.name, 'checkout.folded.txt')
  const counts = folded.text
    .trimEnd()
    .split('\n')
    .map((line) => Number(/ (\d+)$/.exec(line)![1]))
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    answer.samples,
  )
  const speedscope = await download('speedscope')
  assert.equal(speedscope.name, 'checkout.speedscope.json')
  const { profiles } = JSON.parse(speedscope.text) as { profiles: { weights: number[] }[] }
  assert.equal(Math.round(profiles[0]!.weights.reduce((sum, weight) => sum + weight, 0) * 19), answer.samples)
})

test('the service page tells what runs, what is to be known, and what is inside', { skip }, async () => {
  const { text, asked } = range(70, 5)
  const answer = await server.api.getService({ subject: 'svc:checkout', range: asked })
  await open(`/map?t=${text}`)
  await page.locator('[data-node="svc:checkout"]').focus()
  await page.keyboard.press('Enter')
  await page
    .getByRole('complementary', { name: 'Node checkout' })
    .getByRole('button', { name: 'Service' })
    .click()
  await page.waitForURL(/\/service\?.*sel=svc:checkout/)
  await page.getByRole('heading', { name: 'checkout' }).waitFor()
  await page.getByText('1 process, on 1 host; 1 build: go1.26.8').waitFor()
  assert.match(
    (await page.getByRole('list', { name: 'Findings' }).textContent()) ?? '',
    /^warning.*more than a hundred times the usual.*Fix: .*quadrant explain QDR-O010$/,
  )
  const modules = page.getByRole('grid', { name: 'Modules' })
  const rows = async () => Number(await modules.getAttribute('aria-rowcount')) - 1
  assert.equal(await rows(), answer.builds[0]!.dependencies.length + 1)
  assert.match((await modules.locator('[aria-rowindex="2"]').textContent()) ?? '', /^example\.com\/shop main/)
  await page.keyboard.press('/')
  await page.keyboard.type('prometheus/common')
  await page.waitForURL(/find=prometheus\/common/)
  assert.equal(await rows(), 1)
  assert.match(
    (await modules.locator('[aria-rowindex="2"]').textContent()) ?? '',
    /v0\.55\.0example\.com\/fork\/common@v0\.55\.1h1:Zm9yaw==$/,
  )
  const talks = page.getByRole('region', { name: 'Talks to' })
  assert.equal(await talks.locator('tbody tr').count(), answer.edges.length)
  assert.match(
    (await talks.locator('tbody tr').first().textContent()) ?? '',
    /^callspaymentstcp 9003.*failed connects$/,
  )
  const process = page.getByRole('region', { name: 'Processes' }).locator('tbody tr')
  assert.match(
    (await process.textContent()) ?? '',
    /^checkout \d+alpha[0-9a-f]{12}go1\.26\.8.*MB\d+.* %< 0\.01 % of its CPU$/,
  )
  await process.getByRole('button').click()
  await page.waitForURL((url) => url.searchParams.get('sel') === CHECKOUT)
})

test('a slow request that a forced collection held up lies under its pauses', { skip }, async () => {
  const { text, asked } = range(FORCED.secondsAgo + 2, FORCED.secondsAgo - 3)
  const { gcCycles } = await server.api.getRuntime({ subject: 'svc:checkout', range: asked })
  const forced = gcCycles.find(({ trigger }) => trigger === GcTrigger.FORCED)!
  await open(`/service?sel=svc:checkout&t=${text}`)
  const strip = page.getByRole('slider', { name: 'Collections and stops of the world, over time' })
  await strip.waitFor()
  await strip.focus()
  const words = async () => (await strip.getAttribute('aria-valuetext')) ?? ''
  await page.keyboard.press('Home')
  for (let i = 0; i < gcCycles.length + 3 && !(await words()).includes('forced'); i++)
    await page.keyboard.press('ArrowRight')
  assert.match(
    await words(),
    /collection 9001, forced, took 60\.0 ms, pauses 1\.20 ms and 2\.00 ms, 61\.0 MB → 42\.0 MB live, goal 84\.0 MB, 81\.0 ms of CPU, assists 11\.0 ms \(13\.6 %\); \d connections? (?:was|were) open under it, most held up storefront to checkout: 3\.20 ms of its 63\.0 ms$/,
  )
  await page.keyboard.press('Enter')
  await page.waitForURL((url) => url.searchParams.get('item') === `gc:${Math.round(forced.startNs / 1000)}`)
  const box = async (selector: string) => (await strip.locator(selector).first().boundingBox())!
  const request = await box('[data-flow="storefront to checkout"]')
  const [first, second] = [await box('[data-pause="0"]'), await box('[data-pause="1"]')]
  // Both pauses are drawn through all lanes; the request is a line under them, from before the first to after the second.
  for (const pause of [first, second]) {
    assert.ok(
      request.x <= pause.x && pause.x + pause.width <= request.x + request.width,
      'it lies aside of a pause',
    )
    assert.ok(pause.y <= request.y && request.y + request.height <= pause.y + pause.height, 'they are apart')
  }
  // Lengths are true: 60 ms from one to the other, of the request's 63.
  const perMs = request.width / REQUEST.durationMs
  assert.ok(Math.abs((second.x - first.x) / perMs - (FORCED.toMs - 2 - FORCED.fromMs)) < 1)
  assert.ok(Math.abs(second.width / perMs - 2) < 0.5)
  await page.getByRole('button', { name: 'Profile of this time' }).click()
  await page.waitForURL(/\/profiles\?/)
  const [from, to] = new URL(page.url()).searchParams.get('t')!.split('/').map(Date.parse)
  assert.ok(from! * 1e6 <= forced.startNs && forced.endNs <= to! * 1e6)
  assert.match(page.url(), /sel=svc:checkout/)
  await flame().waitFor()
})

test('the twin of the strip has a row for each collection and stop of the API', { skip }, async () => {
  const { text, asked } = range(70, 5)
  const { gcCycles, worldStops } = await server.api.getRuntime({ subject: 'svc:checkout', range: asked })
  assert.ok(gcCycles.length > 20 && worldStops.length > 0)
  await open(`/service?sel=svc:checkout&t=${text}`)
  await page.getByRole('slider', { name: 'Collections' }).waitFor()
  await page.keyboard.press('t')
  const grid = page.getByRole('grid', { name: 'Collections and stops' })
  await grid.waitFor()
  assert.equal(Number(await grid.getAttribute('aria-rowcount')) - 1, gcCycles.length + worldStops.length)
  const forced = grid.locator('[role="row"]', { hasText: 'forced' })
  assert.match(
    (await forced.textContent()) ?? '',
    /collection 9001forced60\.0 ms1\.20 ms2\.00 ms61\.0 MB42\.0 MB84\.0 MB11\.0 ms\d: storefront → checkout$/,
  )
})

test('where there is nothing to see the page says why, and what would help', { skip }, async () => {
  const { text } = range(70, 5)
  await open(`/service?sel=svc:mailer&t=${text}`)
  await page.getByText(MADE_GO.find(({ refusal }) => refusal)!.refusal!).waitFor()
  await page.getByText('Its runtime is not observed, for the reason above.').waitFor()
  await open(`/service?sel=svc:redis&t=${text}`)
  await page.getByText('It is not known what it runs: no agent told a build of it.').waitFor()
  await page.getByText('sudo npx quadrant doctor').first().waitFor()
  await page.getByText('No build is known').waitFor()
  await open(`/profiles?sel=svc:redis&t=${text}`)
  await page.getByText('redis was on no processor when samples were taken').waitFor()
  await open(`/profiles?sel=svc:nobody&t=${text}`)
  await page.getByRole('alert').getByText('no service `nobody` is known').waitFor()
  await open('/service')
  await page
    .getByRole('treegrid', { name: 'Services and processes' })
    .getByText('example.com/shop/cmd/checkout')
    .click()
  await page.waitForURL(/sel=svc:checkout/)
})

test('services are opened and closed by keyboard, with their processes below them', { skip }, async () => {
  const { text } = range(70, 5)
  await open(`/service?t=${text}`)
  const table = page.getByRole('treegrid', { name: 'Services and processes' })
  const rows = (level: 1 | 2) => table.locator(`[aria-level="${level}"]`).filter({ hasText: 'cmd/checkout' })
  await rows(1).waitFor()
  await rows(1).focus()
  await page.keyboard.press('ArrowRight')
  await rows(2).waitFor()
  await page.keyboard.press('ArrowRight')
  const focus = (attribute: string, value: string) =>
    page.waitForFunction(
      ([name, wanted]) => document.activeElement?.getAttribute(name!) === wanted,
      [attribute, value],
    )
  await focus('aria-level', '2')
  await page.keyboard.press('ArrowLeft')
  await focus('aria-expanded', 'true')
  await page.keyboard.press('ArrowLeft')
  await rows(2).waitFor({ state: 'detached' })
  await focus('aria-expanded', 'false')
  await page.keyboard.press('ArrowRight')
  await rows(2).waitFor()
  await page.keyboard.press('ArrowDown')
  await focus('aria-level', '2')
  await page.keyboard.press('Enter')
  await page.waitForURL(/sel=proc:alpha/)
})

test('what is live goes on, and is held while somebody reads it', { skip }, async () => {
  await open('/profiles?sel=svc:checkout&t=5m')
  await flame().waitFor()
  // The pointer holds it too.
  await page.mouse.move(5, 5)
  // What was answered tells its range: it moves with each answer.
  const told = async () => /[\d:]{8} – [\d:]{8}/.exec((await status().textContent()) ?? '')![0]
  const movesFrom = (text: string) =>
    page.waitForFunction(
      (before) => !document.querySelector('.status-line')?.textContent?.includes(before),
      text,
    )
  await movesFrom(await told())
  await flame().focus()
  await status().getByText('held while you look').waitFor()
  const held = await told()
  await status()
    .getByText(/held while you look, [4-9] s ago/)
    .waitFor()
  assert.equal(await told(), held)
  // What is selected anew is asked for all the same.
  await page.getByRole('button', { name: '1h' }).click()
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.waitForURL(/t=\d{4}/)
  await movesFrom(held)
  await page.getByRole('button', { name: 'Live' }).click()
  await movesFrom(await told())
})

test('everything that can be pressed, moved or walked has a name', { skip }, async () => {
  const { text } = range(70, 5)
  const roles = new Set([
    'button',
    'link',
    'slider',
    'combobox',
    'textbox',
    'tree',
    'treegrid',
    'treeitem',
    'grid',
    'group',
    'region',
  ])
  const session = await page.context().newCDPSession(page)
  for (const [path, ready] of [
    [`/profiles?sel=svc:checkout&t=${text}`, '.flame canvas'],
    [`/profiles?as=sandwich&item=${HOT}&t=${text}`, '.sandwich canvas'],
    [`/profiles?sel=svc:checkout&view=table&t=${text}`, '[aria-label="Functions"]'],
    [`/service?sel=svc:checkout&t=${text}`, '.strip-body svg'],
    [`/service?t=${text}`, '[aria-label="Services and processes"]'],
  ] as const) {
    await open(path)
    await page.locator(ready).first().waitFor()
    const { nodes } = await session.send('Accessibility.getFullAXTree')
    const shown = nodes.filter(({ role, ignored }) => !ignored && roles.has(String(role?.value)))
    assert.ok(shown.length > 20, path)
    assert.deepEqual(
      shown.filter(({ name }) => !name?.value).map(({ role }) => String(role?.value)),
      [],
      path,
    )
  }
})

test('nothing on these pages breaks the content security policy', { skip }, () => {
  // A name that nobody has is answered as one: the browser tells it as an error of the network.
  assert.deepEqual(
    app.complaints.filter((text) => !/status of 404/.test(text)),
    [],
  )
})
