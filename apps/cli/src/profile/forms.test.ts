// The forms of a profile, each against a program that reads it.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { accessSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { decodeProfile, encodeProfile } from '@quadrant/golang'
import { chromium } from 'playwright-core'
import { paint } from '../output/paint.ts'
import { table } from '../output/table.ts'
import { assertGolden } from '../testing/golden.ts'
import { CART_PROFILE, CART_STACKS, madeWindow } from '../testing/made-profile.ts'
import { flameSvg } from './flame-svg.ts'
import { foldedStacks } from './folded.ts'
import { pprofProfile } from './pprof-profile.ts'
import { speedscopeFile } from './speedscope.ts'
import { readStacks } from './stacks.ts'
import { functionColumns, topFunctions } from './top-functions.ts'

const folder = mkdtempSync(join(tmpdir(), 'quadrant-profile-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const STACKS = readStacks(CART_PROFILE.profile!, CART_PROFILE.processes)
const TIMES = CART_PROFILE.range!
const TOTAL = 1000
const LOOK = { total: TOTAL, frequencyHz: 99 }

const HOSTILE = readStacks(
  madeWindow([
    { calls: ['<script>alert(1)</script>|a"b&c<d>|x', 'evil\u001b[2J;\ud800\ufffe\u0000name|m|'], count: 5 },
    { calls: [`${'long'.repeat(2000)}|m|`], count: 5 },
  ]),
  [],
)

const NEEDS_GO = {
  skip: spawnSync('go', ['version'], { stdio: 'ignore' }).status === 0 ? false : 'go is not installed',
}
const CHROMIUM = '/usr/bin/chromium'

interface Shape {
  readonly title: string
  readonly text: string
  readonly x: number
  readonly y: number
  readonly width: number
  readonly textWidth: number
}

function chromiumMissing(): string | false {
  try {
    accessSync(CHROMIUM)
    return false
  } catch {
    return `${CHROMIUM} is not installed`
  }
}

test('the table and the folded stacks, for a person to read', () => {
  const rows = topFunctions(STACKS)
  assertGolden(
    'profile-table.txt',
    table(functionColumns({ ...LOOK, isShort: false }), rows, { paint: paint(false), columns: undefined }),
  )
  assertGolden(
    'profile-terminal.txt',
    table(functionColumns({ ...LOOK, isShort: true }), rows, { paint: paint(true), columns: 80 }),
  )
  assertGolden('profile-folded.txt', foldedStacks(STACKS))
  assertGolden('profile-hostile-folded.txt', foldedStacks(HOSTILE).replaceAll(/(?:long){3,}/g, 'long…'))
})

test(
  '`go tool pprof` opens the pprof file and shows the functions, lines and kinds that were told',
  NEEDS_GO,
  () => {
    const file = join(folder, 'cart.pb.gz')
    const bytes = encodeProfile(pprofProfile(STACKS, TIMES))
    writeFileSync(file, bytes)
    const pprof = (...args: string[]) =>
      execFileSync('go', ['tool', 'pprof', ...args, file], {
        encoding: 'utf8',
        env: { ...process.env, PPROF_TMPDIR: folder },
        stdio: ['ignore', 'pipe', 'ignore'],
      })
    const top = new Map(
      pprof('-top', '-nodefraction=0', '-sample_index=samples')
        .split('\n')
        .map((line) => /^ +(\d+) +[\d.]+% +[\d.]+% +(\d+) +[\d.]+% +(.+)$/.exec(line))
        .filter((match) => match !== null)
        .map(([, flat, cumulative, name]) => [
          name!.replace(/ \((?:partial-)?inline\)$/, ''),
          [Number(flat), Number(cumulative)],
        ]),
    )
    for (const { frame, flat, cumulative } of topFunctions(STACKS))
      assert.deepEqual(top.get(frame.function), [flat, cumulative], frame.function)
    assert.match(pprof('-top', '-sample_index=cpu'), /Duration: 10s, Total samples = 10\.10s/)
    assert.match(pprof('-tags'), /kind: [^\n]*\n[^\n]*program\n[^\n]*gc\n[^\n]*runtime/)
    assert.match(pprof('-tags'), /process: [^\n]*\n[^\n]*proc:web-1\/22@6\n[^\n]*proc:web-1\/23@7/)
    assert.match(pprof('-top', '-tagfocus=kind=gc', '-sample_index=samples'), /80 .* runtime\.gcDrain/)
    assert.match(pprof('-raw'), /cart\.price cart\/price\.go:12:0 s=0\n/)
    // What was inlined is a line of its caller's location.
    const { locations, functions, mappings } = decodeProfile(bytes)
    const inlined = locations.find(({ lines }) => lines.length === 2)!
    assert.deepEqual(
      inlined.lines.map((line) => functions[line.function]!.name),
      ['example.com/shop/cart.price', 'example.com/shop/cart.(*Server).Serve'],
    )
    assert.equal(mappings[inlined.mapping!]!.file, 'example.com/shop@v1.2.0')
    assert.equal(inlined.mapping, 0)
  },
)

test('a speedscope file holds each sample, for all processes and for each', () => {
  const file = speedscopeFile(STACKS, 'svc:cart')
  assert.deepEqual(
    file.profiles.map(({ name, samples }) => [name, samples.length]),
    [
      ['2 processes', 10],
      ['proc:web-1/22@6', 8],
      ['proc:web-1/23@7', 2],
    ],
  )
  const [all] = file.profiles
  assert.equal(Math.round(all!.endValue), Math.round((TOTAL * 1e9) / 99))
  for (const [i, { calls, broken }] of CART_STACKS.entries()) {
    const names = all!.samples[i]!.map((frame) => file.shared.frames[frame]!.name)
    const told = calls.map((call) => call.replace(/^~/, '').split('|')[0]!)
    assert.deepEqual(names, broken ? ['[broken stack]', ...told] : told.length > 0 ? told : ['[no stack]'])
  }
  assert.equal(speedscopeFile({ ...STACKS, frequencyHz: 0 }, 'x').profiles[0]!.unit, 'none')
})

test(
  'a browser draws the flame graph: callers above callees, in proportion, nothing of a name as markup',
  { skip: chromiumMissing() },
  async () => {
    await using browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--headless', '--no-sandbox'],
    })
    const page = await browser.newPage()
    const open = async (name: string, svg: string) => {
      const file = join(folder, name)
      writeFileSync(file, svg)
      await page.goto(pathToFileURL(file).href)
      return page.evaluate<Shape[]>(`[...document.querySelectorAll('g')].map((group) => {
      const { x, y, width } = group.querySelector('rect').getBoundingClientRect()
      return { title: group.querySelector('title').textContent, text: group.querySelector('text')?.textContent ?? '', x, y, width, textWidth: group.querySelector('text')?.getBoundingClientRect().width ?? 0 }
    })`)
    }
    const shapes = await open(
      'cart.svg',
      flameSvg(STACKS, { title: 'svc:cart', lines: ['10 s', 'at 99 Hz'] }),
    )
    const find = (name: string) => shapes.find(({ title }) => title.startsWith(name))!
    const all = find('all ')
    const main = find('runtime.main ')
    const serve = find('example.com/shop/cart.(*Server).Serve ')
    const sum = find('example.com/shop/cart.sum')
    assert.equal(main.y - all.y, 18)
    assert.equal(sum.y - serve.y, 36)
    assert.ok(Math.abs(sum.width / all.width - 0.7) < 0.001)
    assert.ok(sum.x >= serve.x && sum.x + sum.width <= serve.x + serve.width + 0.1)
    assert.equal(
      sum.title,
      'example.com/shop/cart.sum[go.shape.float64] · example.com/shop@v1.2.0 · cart/price.go:30 · 70.0 % (7.07 s, 700 samples)',
    )
    for (const { text, textWidth, width } of shapes) assert.ok(textWidth <= width, text)
    const hostile = await open(
      'hostile.svg',
      flameSvg(HOSTILE, { title: '<b>&"', lines: ['\u0000', 'long'.repeat(200)] }),
    )
    assert.equal(await page.evaluate(`document.querySelectorAll('parsererror, script').length`), 0)
    assert.ok(hostile.some(({ title }) => title.startsWith('<script>alert(1)</script> · a"b&c<d>')))
    assert.ok(hostile.some(({ title }) => title.startsWith('evil\\x1b[2J;\ufffd\ufffd\\x00name')))
  },
)
