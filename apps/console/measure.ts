// Measures the console's budgets in Chromium (console-cli: first paint, script, frames) against the real server with a
// made host of many services, and prints them as a table: `node apps/console/measure.ts [--nodes N]`.
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { create } from '@bufbuild/protobuf'
import type { Page } from 'playwright-core'
import { ProfileWindowSchema } from '@quadrant/proto'
import { buildConsole } from './build.ts'
import { AgentFeed } from './src/testing/agent-feed.ts'
import { browserMissing, openBrowser } from './src/testing/browser.ts'
import { layoutLeftHeavy } from './src/model/flame-layout.ts'
import { mergeStacks } from './src/model/merged-stacks.ts'
import { readStacks } from './src/model/stack-profile.ts'
import { madeMesh, madeSecond } from './src/testing/made-shop.ts'
import { madeManyStacks } from './src/testing/many-stacks.ts'
import { ServerProcess } from './src/testing/server-process.ts'

const { values } = parseArgs({ options: { nodes: { type: 'string', default: '300' } } })
const NODES = Number(values.nodes)
const ROWS = 10_000
const LOADS = 7
const MOVE_MS = 3000
const FLAME_NODES = 50_000
const LAYOUTS = 15

interface Row {
  readonly what: string
  readonly value: string
  readonly goal: string
}

const rows: Row[] = []

/** Runs in the page: the gaps between frames while something moves, milliseconds. */
async function frames(page: Page, move: () => Promise<void>): Promise<readonly number[]> {
  await page.evaluate(() => {
    const gaps: number[] = []
    let last = performance.now()
    const tick = (now: number) => {
      gaps.push(now - last)
      last = now
      if (!Reflect.get(globalThis, 'measured')) requestAnimationFrame(tick)
    }
    Reflect.set(globalThis, 'measured', undefined)
    Reflect.set(globalThis, 'gaps', gaps)
    requestAnimationFrame(tick)
  })
  await move()
  return page.evaluate(() => {
    Reflect.set(globalThis, 'measured', true)
    return (Reflect.get(globalThis, 'gaps') as number[]).slice(2)
  })
}

function describeFrames(gaps: readonly number[]): string {
  const sorted = [...gaps].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  return `${(1000 / mean).toFixed(1)} fps (frame p50 ${at(0.5).toFixed(1)} ms, p95 ${at(0.95).toFixed(1)} ms, max ${at(1).toFixed(1)} ms)`
}

/** A flame graph as large as one of a whole host: laid out here, drawn and moved in the browser. */
async function measureFlame(page: Page, feed: AgentFeed, server: ServerProcess) {
  const second = Math.floor(Date.now() / 1000) - 1
  const window = madeManyStacks(second, FLAME_NODES)
  const stacks = readStacks(create(ProfileWindowSchema, window))
  const times = (work: () => unknown) => {
    const list: number[] = []
    for (let i = 0; i < LAYOUTS; i++) {
      // Of the processor: who else is at work does not count.
      const before = process.cpuUsage()
      work()
      const { user, system } = process.cpuUsage(before)
      list.push((user + system) / 1000)
    }
    list.sort((a, b) => a - b)
    return `${list[LAYOUTS >> 1]!.toFixed(1)} ms (${list[0]!.toFixed(1)} to ${list.at(-1)!.toFixed(1)})`
  }
  const tree = mergeStacks(stacks)
  const layout = layoutLeftHeavy(tree)
  const nodes = `${layout.start.length} frames`
  rows.push({
    what: `flame graph, ${nodes} laid out, CPU`,
    value: times(() => layoutLeftHeavy(tree)),
    goal: 'a few ms',
  })
  rows.push({
    what: 'flame graph, its stacks merged, CPU',
    value: times(() => mergeStacks(stacks)),
    goal: '',
  })
  const second60 = new Date((second - 60) * 1000).toISOString().replace('.000', '')
  const end = new Date((second + 1) * 1000).toISOString().replace('.000', '')
  await feed.deliver({
    startNs: second * 1e9,
    endNs: (second + 1) * 1e9,
    processes: [{ key: '77@1', pid: 77, startNs: 1e6, comm: 'many', service: 'many' }],
    processKeys: ['77@1'],
    runtime: { processKeys: ['77@1'], profiles: [window] },
  })
  await page.goto(`${server.address}/profiles?sel=svc:many&t=${second60}/${end}`)
  const flame = page.locator('.flame')
  await flame.waitFor()
  const box = (await flame.boundingBox())!
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 }
  await page.mouse.move(middle.x, middle.y)
  const zoom = await frames(page, async () => {
    const end = Date.now() + MOVE_MS
    for (let i = 0; Date.now() < end; i++) {
      await page.mouse.wheel(0, i % 80 < 40 ? -50 : 50)
      await page.waitForTimeout(12)
    }
  })
  rows.push({ what: `flame graph of ${nodes}, zooming`, value: describeFrames(zoom), goal: '60 fps' })
  for (let i = 0; i < 20; i++) await page.mouse.wheel(0, -50)
  const pan = await frames(page, async () => {
    await page.mouse.down()
    const end = Date.now() + MOVE_MS
    for (let i = 0; Date.now() < end; i++) {
      await page.mouse.move(middle.x + 300 * Math.sin(i / 12), middle.y + 60 * Math.cos(i / 9))
      await page.waitForTimeout(8)
    }
    await page.mouse.up()
  })
  rows.push({ what: `flame graph of ${nodes}, panning`, value: describeFrames(pan), goal: '60 fps' })
}

async function main() {
  const missing = browserMissing()
  if (missing) throw new Error(missing)
  const { elapsedMs } = await buildConsole({ force: true })
  rows.push({ what: 'build', value: `${Math.round(elapsedMs)} ms`, goal: '< 5000 ms' })
  const assets = join(import.meta.dirname, 'dist/assets')
  const scripts = readdirSync(assets).filter((name) => name.endsWith('.js'))
  const size = (name: string) => gzipSync(readFileSync(join(assets, name)), { level: 9 }).length
  const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`
  const sizes = (names: readonly string[]) =>
    `${kilobytes(names.reduce((sum, name) => sum + size(name), 0))} (${names.map((name) => `${name.replace(/-[\w-]{8}\.js$/, '')} ${kilobytes(size(name))}`).join(', ')})`

  const dataDir = mkdtempSync(join(tmpdir(), 'quadrant-measure-'))
  chmodSync(dataDir, 0o755)
  await using server = await ServerProcess.start(dataDir)
  using feed = await AgentFeed.open(dataDir)
  const mesh = madeMesh(NODES)
  let told = Math.floor(Date.now() / 1000)
  const perEdge = Math.ceil(ROWS / mesh.length / 30) + 1
  for (let second = told - 60; second < told; second++) await feed.deliver(madeSecond(mesh, second, perEdge))
  const telling = setInterval(() => {
    const second = Math.floor(Date.now() / 1000) - 1
    if (second >= told) {
      told = second + 1
      void feed.deliver(madeSecond(mesh, second)).catch(() => undefined)
    }
  }, 200)

  const browser = await openBrowser()
  try {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
    const page = await context.newPage()
    await page.goto(server.url('/map'))
    await page.waitForSelector('[data-node]')
    const paints: number[] = []
    const maps: number[] = []
    for (let i = 0; i < LOADS; i++) {
      // As for someone who was never here: no cache, no places kept.
      const session = await context.newCDPSession(page)
      await session.send('Network.clearBrowserCache')
      await page.evaluate(() => localStorage.clear())
      await page.goto(`${server.address}/map`)
      await page.waitForSelector('[data-node]')
      maps.push(await page.evaluate(() => performance.now()))
      paints.push(
        await page.evaluate(
          () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN,
        ),
      )
    }
    const middle = (list: number[]) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)]!
    const spread = (list: number[]) =>
      `${Math.round(middle(list))} ms (${Math.round(Math.min(...list))} to ${Math.round(Math.max(...list))})`
    rows.push({ what: 'first contentful paint, no cache', value: spread(paints), goal: '< 300 ms' })
    rows.push({ what: `map of ${NODES} nodes drawn, no cache, laid out anew`, value: spread(maps), goal: '' })

    const loaded = await page.evaluate(() =>
      performance.getEntriesByType('resource').map(({ name }) => name.slice(name.lastIndexOf('/') + 1)),
    )
    // A worker's own script is no resource of the page, and yet comes with the map.
    const first = scripts.filter((name) => loaded.includes(name) || name.startsWith('layout-worker'))
    rows.push({ what: 'script of the first load, gzipped', value: sizes(first), goal: '≤ 120 kB' })
    rows.push({
      what: 'script that comes when it is asked for',
      value: sizes(scripts.filter((name) => !first.includes(name))),
      goal: '',
    })

    const counts = await page.evaluate(() => [
      document.querySelectorAll('[data-node]').length,
      document.querySelectorAll('[data-edge]').length,
    ])
    const still = await frames(page, () => page.waitForTimeout(MOVE_MS))
    rows.push({
      what: `map, live, ${counts.join(' nodes, ')} edges`,
      value: describeFrames(still),
      goal: '60 fps',
    })
    const pan = await frames(page, async () => {
      await page.mouse.move(1000, 160)
      await page.mouse.down()
      const end = Date.now() + MOVE_MS
      for (let i = 0; Date.now() < end; i++) {
        await page.mouse.move(1000 - 200 * Math.sin(i / 12), 160 + 60 * Math.cos(i / 9))
        await page.waitForTimeout(8)
      }
      await page.mouse.up()
    })
    rows.push({ what: 'map, panning', value: describeFrames(pan), goal: '60 fps' })
    const zoom = await frames(page, async () => {
      await page.mouse.move(700, 500)
      const end = Date.now() + MOVE_MS
      for (let i = 0; Date.now() < end; i++) {
        await page.mouse.wheel(0, i % 60 < 30 ? -40 : 40)
        await page.waitForTimeout(12)
      }
    })
    rows.push({ what: 'map, zooming', value: describeFrames(zoom), goal: '60 fps' })

    await page.goto(`${server.address}/flows?t=5m`)
    await page.waitForFunction(
      () => Number(document.querySelector('[aria-label="Flows"]')?.getAttribute('aria-rowcount')) > 1000,
    )
    const until = Date.now() + 20_000
    const rowCount = () =>
      page.evaluate(
        () => Number(document.querySelector('[aria-label="Flows"]')?.getAttribute('aria-rowcount')) - 1,
      )
    while ((await rowCount()) < ROWS && Date.now() < until) await page.waitForTimeout(250)
    await page.mouse.move(700, 500)
    const count = await rowCount()
    const scroll = await frames(page, async () => {
      const end = Date.now() + MOVE_MS
      for (let i = 0; Date.now() < end; i++) {
        await page.mouse.wheel(0, i % 200 < 100 ? 700 : -700)
        await page.waitForTimeout(12)
      }
    })
    rows.push({ what: `flows, scrolling ${count} rows, live`, value: describeFrames(scroll), goal: '60 fps' })

    // A feed tells one batch at a time: the last of these is told by then.
    clearInterval(telling)
    await page.waitForTimeout(1000)
    await measureFlame(page, feed, server)
  } finally {
    clearInterval(telling)
    await browser.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

await main()
rows.push({
  what: 'machine',
  value: `${availableParallelism()} cores, load ${loadavg()[0]!.toFixed(1)}, software rendering`,
  goal: '',
})
const width = Math.max(...rows.map(({ what }) => what.length))
for (const { what, value, goal } of rows)
  process.stdout.write(`${what.padEnd(width)}  ${value}${goal && `  [${goal}]`}\n`)
