import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { Collection, parseCollection } from '@quadrant/ebpf'
import { type Benchmark, judge, type Row, type RunOptions } from '../benchmark.ts'
import { median, pairedRatio } from '../load/pairs.ts'
import { LineProcess } from '../line-process.ts'
import { build, requireRoot, requireTools } from '../toolchain.ts'
import type { Totals } from './record-groups.ts'

/** Records of one slice: 5.6 MB, beyond the inner caches as on a busy host. */
const SLICE_RECORDS = 100_000
/** Slices until V8's optimising compilers have had their turn. */
const WARM_UP_SLICES = 12
/** New processes each: where code and tables come to lie in memory makes several percent. */
const ROUNDS = 4
const RATES_PER_SECOND = [1_000_000, 3_000_000]

export const benchmark: Benchmark = {
  name: 'ring-buffer',
  description:
    'CPU of the reading thread to take 48-byte records from a BPF ring buffer, decode their 11 fields and group them by ' +
    'a 14-byte key. All consumers read the same ring, filled by the same program with the same records, take turns ' +
    'slice by slice, and must agree on every sum. All use the same open-addressing table, Go also its own map.',
  run,
}

const NAMES = ['wasm', 'callback', 'go', 'goMap', 'c'] as const
type Name = (typeof NAMES)[number]
type Answer = Totals & { readonly cpuNs: number }
interface Produced {
  readonly written: number
  readonly dropped: number
}

async function run({ quick, progress }: RunOptions): Promise<readonly Row[]> {
  requireRoot('reading BPF ring buffers')
  requireTools(['clang', 'gcc', 'go'])
  using cleanup = new DisposableStack()
  const folder = mkdtempSync(`${tmpdir()}/quadrant-bench-`)
  cleanup.defer(() => rmSync(folder, { recursive: true }))
  progress('building the BPF program and the peers')
  buildAll(folder)

  const { value: spec } = parseCollection(readFileSync(`${folder}/fill.bpf.o`))
  const collection = cleanup.use(Collection.load(spec!))
  const ring = collection.map('records')
  const program = collection.program('fill')
  const node = (kind: string) => [
    process.execPath,
    `${import.meta.dirname}/consumer.ts`,
    kind,
    String(ring.maxEntries),
  ]
  const commands: Readonly<Record<Name, readonly string[]>> = {
    wasm: node('wasm'),
    callback: node('callback'),
    go: [`${folder}/consumer-go`],
    goMap: [`${folder}/consumer-go`, 'map'],
    c: [`${folder}/consumer-c`],
  }
  const start = (name: Name, cpu?: number) => new LineProcess(commands[name], { fd: ring.fd, cpu })

  progress('draining slices')
  const producer = cleanup.use(new LineProcess([`${folder}/producer`], { fd: program.fd }))
  const drained = await drainSlices(producer, start, quick ? 80 : 300)
  const rows: Row[] = drainRows(drained)

  const pacer = cleanup.use(new LineProcess([`${folder}/producer`], { fd: program.fd, cpu: 0 }))
  for (const rate of RATES_PER_SECOND) {
    progress(`${rate / 1e6} M records a second, producer and reader on one core`)
    for (const name of ['wasm', 'callback'] as const) {
      rows.push(...(await paced(pacer, start, name, rate, quick ? 2 : 10)))
    }
  }
  return rows
}

function buildAll(folder: string): void {
  const here = import.meta.dirname
  const include = `-I/usr/include/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`
  build(
    'clang',
    ['-O2', '-g', '-target', 'bpf', include, '-c', 'bpf/fill.bpf.c', '-o', `${folder}/fill.bpf.o`],
    here,
  )
  for (const name of ['producer', 'consumer'])
    build(
      'gcc',
      ['-O2', '-o', `${folder}/${name === 'consumer' ? 'consumer-c' : name}`, `c/${name}.c`, '-lbpf'],
      here,
    )
  build('go', ['build', '-o', `${folder}/consumer-go`, '.'], `${here}/go`)
}

/** CPU per record, ns, of each consumer in each slice. */
async function drainSlices(
  producer: LineProcess,
  start: (name: Name) => LineProcess,
  sliceCount: number,
): Promise<Readonly<Record<Name, readonly number[]>>> {
  const cpuNs: Record<Name, number[]> = { wasm: [], callback: [], go: [], goMap: [], c: [] }
  for (let round = 0; round < ROUNDS; round++) {
    using consumers = new DisposableStack()
    const processes = NAMES.map((name) => [name, consumers.use(start(name))] as const)
    for (let slice = 0; slice < WARM_UP_SLICES + sliceCount / ROUNDS; slice++) {
      // There and back again, so that no consumer always follows the same other one.
      const turns = slice % 2 === 0 ? processes : processes.toReversed()
      const spent = await drainSlice(producer, turns, slice * SLICE_RECORDS)
      if (slice >= WARM_UP_SLICES) for (const [name, ns] of spent) cpuNs[name].push(ns)
    }
  }
  return cpuNs
}

/** Lets each consumer read the same records. @throws {Error} when they do not agree on what they read */
async function drainSlice(
  producer: LineProcess,
  turns: readonly (readonly [Name, LineProcess])[],
  first: number,
): Promise<Map<Name, number>> {
  const spent = new Map<Name, number>()
  let expected: string | undefined
  for (const [name, consumer] of turns) {
    const produced = await producer.ask<Produced>(`fill ${first} ${SLICE_RECORDS}`)
    if (produced.written !== SLICE_RECORDS) throw new Error(`only ${produced.written} records fitted in`)
    const { cpuNs, ...totals } = await consumer.ask<Answer>(`drain ${SLICE_RECORDS}`)
    const told = JSON.stringify(totals)
    expected ??= told
    if (told !== expected) throw new Error(`${name}: ${told}, not ${expected}`)
    spent.set(name, cpuNs / SLICE_RECORDS)
  }
  return spent
}

function drainRows(cpuNs: Readonly<Record<Name, readonly number[]>>): Row[] {
  const compare = (title: string, ours: Name, peer: Name, peerName: string, goal: number) => {
    const { median: ratio, spread } = pairedRatio(cpuNs[ours], cpuNs[peer])
    return judge({
      case: title,
      unit: 'ns CPU/record',
      ours: median(cpuNs[ours]),
      peer: median(cpuNs[peer]),
      peerName,
      ratio,
      spread,
      goal,
    })
  }
  const wasm = 'groups in wasm'
  const callback = 'records to a JavaScript callback'
  return [
    compare(wasm, 'wasm', 'goMap', 'Go cilium/ebpf, Go map', 0.35),
    compare(wasm, 'wasm', 'go', 'Go cilium/ebpf, own table', 0.35),
    compare(wasm, 'wasm', 'c', 'C libbpf', 1.5),
    compare(callback, 'callback', 'goMap', 'Go cilium/ebpf, Go map', 1),
    compare(callback, 'callback', 'go', 'Go cilium/ebpf, own table', 1),
  ]
}

async function paced(
  producer: LineProcess,
  start: (name: Name, cpu?: number) => LineProcess,
  name: Name,
  rate: number,
  seconds: number,
): Promise<Row[]> {
  using consumer = start(name, 0)
  // The first polls compile.
  for (const duration of [1, seconds]) {
    const [produced, answer] = await Promise.all([
      producer.ask<Produced>(`pace 0 ${rate} ${duration}`),
      consumer.ask<Answer>(`poll ${duration + 0.2}`),
    ])
    if (answer.events !== produced.written)
      throw new Error(`${name}: ${answer.events} of ${produced.written} records read`)
    if (duration !== seconds) continue
    const offered = (produced.written + produced.dropped) / seconds
    const title = `${name === 'wasm' ? 'groups in wasm' : 'JavaScript callback'} at ${(offered / 1e6).toFixed(2)} M/s`
    return [
      judge({ case: `${title}: dropped`, unit: 'records', ours: produced.dropped, goal: 0 }),
      { case: `${title}: CPU`, unit: '% of a core', ours: answer.cpuNs / seconds / 1e7 },
    ]
  }
  return []
}
