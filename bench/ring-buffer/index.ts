import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { Collection, parseCollection } from '@quadrant/ebpf'
import { type Benchmark, judge, type Row, type RunOptions } from '../benchmark.ts'
import { median, pairedRatio } from '../load/pairs.ts'
import { build, requireRoot, requireTools } from '../toolchain.ts'
import { type LineProcess, lineProcess } from './line-process.ts'
import type { Totals } from './record-groups.ts'

/** Records of one slice: 5.6 MB, beyond the inner caches as on a busy host. */
const SLICE_RECORDS = 100_000
/** Slices until V8's optimising compilers have had their turn. */
const WARM_UP_SLICES = 12
const RATES_PER_SECOND = [1_000_000, 3_000_000]

export const benchmark: Benchmark = {
  name: 'ring-buffer',
  description:
    'CPU of the reading thread to take 48-byte records from a BPF ring buffer, decode their 11 fields and group them by ' +
    'a 14-byte key. All consumers read the same ring, filled by the same program with the same records, take turns ' +
    'slice by slice, use the same kind of hash table, and must agree on every sum.',
  run,
}

const NAMES = ['wasm', 'callback', 'go', 'c'] as const
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
    c: [`${folder}/consumer-c`],
  }
  const start = (name: Name, cpu?: number) => lineProcess(commands[name], ring.fd, cpu)

  progress('draining slices')
  const producer = cleanup.use(lineProcess([`${folder}/producer`], program.fd))
  const drained = await drainSlices(producer, start, quick ? 80 : 300)
  const rows: Row[] = drainRows(drained)

  const pacer = cleanup.use(lineProcess([`${folder}/producer`], program.fd, 0))
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
  using consumers = new DisposableStack()
  const processes = NAMES.map((name) => [name, consumers.use(start(name))] as const)
  const cpuNs: Record<Name, number[]> = { wasm: [], callback: [], go: [], c: [] }
  for (let slice = 0; slice < WARM_UP_SLICES + sliceCount; slice++) {
    const first = slice * SLICE_RECORDS
    let expected: string | undefined
    // There and back again, so that no consumer always follows the same other one.
    for (const [name, consumer] of slice % 2 === 0 ? processes : processes.toReversed()) {
      const produced = (await producer.ask(`fill ${first} ${SLICE_RECORDS}`)) as Produced
      if (produced.written !== SLICE_RECORDS) throw new Error(`only ${produced.written} records fitted in`)
      const { cpuNs: ns, ...totals } = (await consumer.ask(`drain ${SLICE_RECORDS}`)) as Answer
      expected ??= JSON.stringify(totals)
      if (JSON.stringify(totals) !== expected)
        throw new Error(`${name}: ${JSON.stringify(totals)}, not ${expected}`)
      if (slice >= WARM_UP_SLICES) cpuNs[name].push(ns / SLICE_RECORDS)
    }
  }
  return cpuNs
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
  return [
    compare('groups in wasm', 'wasm', 'go', 'Go cilium/ebpf', 0.35),
    compare('groups in wasm', 'wasm', 'c', 'C libbpf', 1.5),
    compare('records to a JavaScript callback', 'callback', 'go', 'Go cilium/ebpf', 1),
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
    const [produced, answer] = (await Promise.all([
      producer.ask(`pace 0 ${rate} ${duration}`),
      consumer.ask(`poll ${duration + 0.2}`),
    ])) as [Produced, Answer]
    if (answer.events !== produced.written)
      throw new Error(`${name}: ${answer.events} of ${produced.written} records read`)
    if (duration !== seconds) continue
    const title = `${name === 'wasm' ? 'groups in wasm' : 'JavaScript callback'} at ${rate / 1e6} M/s`
    return [
      judge({ case: `${title}: records dropped`, unit: 'records', ours: produced.dropped, goal: 0 }),
      { case: `${title}: share of a core`, unit: '%', ours: answer.cpuNs / seconds / 1e7 },
    ]
  }
  return []
}
