import type { MessageInitShape } from '@bufbuild/protobuf'
import {
  FrameKind,
  GcTrigger,
  SampleKind,
  Severity,
  type ProfileWindowSchema,
  type RuntimeBatchSchema,
} from '@quadrant/proto'
import { madeKey, SHOP } from './made-shop.ts'

type Batch = Exclude<MessageInitShape<typeof RuntimeBatchSchema>, { $typeName: string }>
type Window = Exclude<MessageInitShape<typeof ProfileWindowSchema>, { $typeName: string }>

export const MADE_HZ = 19

/** A made Go service: how its heap grows, and how often it collects. */
interface MadeGo {
  readonly service: string
  readonly version: string
  /** Seconds from one collection to the next. */
  readonly period: number
  readonly heapBytes: number
  readonly goroutines: number
  /** Samples a second. */
  readonly samples: number
  readonly refusal?: string
}

export const MADE_GO: readonly MadeGo[] = [
  { service: 'checkout', version: 'go1.26.8', period: 3, heapBytes: 42e6, goroutines: 85, samples: 21 },
  { service: 'catalog', version: 'go1.26.8', period: 5, heapBytes: 130e6, goroutines: 210, samples: 13 },
  { service: 'payments', version: 'go1.25.3', period: 11, heapBytes: 9e6, goroutines: 24, samples: 3 },
  {
    service: 'mailer',
    version: 'go1.99.0',
    period: 0,
    heapBytes: 0,
    goroutines: 0,
    samples: 1,
    refusal: 'go1.99.0 is newer than any that is known: its reason codes and offsets are not',
  },
]

const buildId = (service: string) =>
  `build:sha256:${[...service]
    .map((letter) => letter.charCodeAt(0).toString(16))
    .join('')
    .padEnd(64, '7')}`
const HOST = 'alpha'

/** A stack, outermost first, as `module name file:line`, `+` before what is inlined; and how much of the time it takes. */
interface MadeStack {
  readonly frames: readonly string[]
  readonly weight: number
  readonly kind?: SampleKind
  readonly isBroken?: boolean
}

const SERVE = [
  'std net/http.(*conn).serve net/http/server.go:2102',
  'std net/http.serverHandler.ServeHTTP net/http/server.go:3301',
  'std net/http.(*ServeMux).ServeHTTP net/http/server.go:2797',
]
const ORDER = [
  ...SERVE,
  'example.com/shop@(devel) example.com/shop/internal/order.(*Handler).Place internal/order/place.go:61',
]
const QUERY = [
  'github.com/jackc/pgx/v5@v5.6.0 github.com/jackc/pgx/v5.(*Conn).Query pgx/v5/conn.go:744',
  'github.com/jackc/pgx/v5@v5.6.0 github.com/jackc/pgx/v5/pgconn.(*PgConn).ExecPrepared pgconn/pgconn.go:1028',
]
const WRITE = [
  'std net.(*conn).Write net/net.go:195',
  'std internal/poll.(*FD).Write internal/poll/fd_unix.go:381',
  '+std internal/poll.ignoringEINTRIO internal/poll/fd_unix.go:745',
  'std syscall.write syscall/zsyscall_linux_amd64.go:964',
  'std internal/runtime/syscall.Syscall6 asm_linux_amd64.s:36',
  '[kernel] entry_SYSCALL_64_after_hwframe :0',
  '[kernel] do_syscall_64 :0',
  '[kernel] ksys_write :0',
]
const JSON_ENCODE = [
  'std encoding/json.(*Encoder).Encode encoding/json/stream.go:211',
  'std encoding/json.(*encodeState).marshal encoding/json/encode.go:358',
  'std encoding/json.structEncoder.encode encoding/json/encode.go:764',
]

export const HOT = 'example.com/shop/internal/order.priceOf'

const STACKS: readonly MadeStack[] = [
  { frames: [...ORDER, `example.com/shop@(devel) ${HOT} internal/order/price.go:33`], weight: 30 },
  {
    frames: [
      ...ORDER,
      `example.com/shop@(devel) ${HOT} internal/order/price.go:41`,
      '+std slices.SortFunc[go.shape.[]order.Line,go.shape.struct] slices/sort.go:28',
      'std slices.pdqsortCmpFunc slices/zsortanyfunc.go:61',
    ],
    weight: 18,
  },
  { frames: [...ORDER, ...QUERY, ...WRITE, '[kernel] tcp_sendmsg :0'], weight: 9 },
  {
    frames: [
      ...ORDER,
      ...QUERY,
      'std crypto/tls.(*Conn).Write crypto/tls/conn.go:1204',
      '+std crypto/tls.(*halfConn).encrypt crypto/tls/conn.go:512',
      'std crypto/internal/fips140/aes/gcm.gcmAesEnc gcm_amd64.s:88',
    ],
    weight: 7,
  },
  { frames: [...ORDER, ...JSON_ENCODE], weight: 6 },
  {
    frames: [
      ...ORDER,
      ...JSON_ENCODE,
      'std encoding/json.stringEncoder encoding/json/encode.go:620',
      '+std encoding/json.appendString encoding/json/encode.go:1021',
    ],
    weight: 5,
  },
  {
    frames: [
      ...ORDER,
      'std runtime.mallocgc runtime/malloc.go:1058',
      'std runtime.(*mcache).nextFree runtime/malloc.go:927',
    ],
    weight: 5,
  },
  {
    frames: [
      ...ORDER,
      'std runtime.mallocgc runtime/malloc.go:1085',
      'std runtime.gcAssistAlloc runtime/mgcmark.go:575',
      'std runtime.gcDrainN runtime/mgcmark.go:1340',
    ],
    weight: 4,
    kind: SampleKind.GC,
  },
  {
    frames: [
      ...SERVE,
      'google.golang.org/grpc@v1.66.0 google.golang.org/grpc.(*Server).handleStream grpc/server.go:1780',
      'google.golang.org/protobuf@v1.34.2 google.golang.org/protobuf/proto.Unmarshal proto/decode.go:60',
    ],
    weight: 6,
  },
  {
    frames: [
      'std runtime.gcBgMarkWorker runtime/mgc.go:1423',
      'std runtime.systemstack asm_amd64.s:513',
      'std runtime.gcDrain runtime/mgcmark.go:1195',
      '+std runtime.scanobject runtime/mgcmark.go:1446',
      'std runtime.greyobject runtime/mgcmark.go:1611',
    ],
    weight: 9,
    kind: SampleKind.GC,
  },
  {
    frames: [
      'std runtime.mcall asm_amd64.s:459',
      'std runtime.park_m runtime/proc.go:4103',
      'std runtime.schedule runtime/proc.go:3996',
      'std runtime.findRunnable runtime/proc.go:3491',
      'std runtime.netpoll runtime/netpoll_epoll.go:116',
    ],
    weight: 6,
    kind: SampleKind.RUNTIME,
  },
  { frames: ['libcrypto.so.3 EVP_DigestUpdate :0'], weight: 1, isBroken: true },
]

/** Before a change of the code: without the sorting, and with a compression that is gone since. */
const EARLIER_STACKS: readonly MadeStack[] = [
  ...STACKS.filter(({ frames }) => !frames.some((frame) => frame.includes('slices.'))),
  {
    frames: [
      ...ORDER,
      'github.com/klauspost/compress@v1.17.9 github.com/klauspost/compress/flate.(*compressor).deflate flate/deflate.go:318',
    ],
    weight: 16,
  },
]

export interface MadeRuntimeOptions {
  /** Tells the builds too, as an agent does once. Default: false. */
  readonly withBuilds?: boolean
  /** The code as it was before. Default: false. */
  readonly isEarlier?: boolean
}

/**
 * What an agent tells of the Go runtimes of the made shop in one second: the same for the same second.
 *
 * @param second whole seconds of the Unix epoch
 */
export function madeRuntime(second: number, options: MadeRuntimeOptions = {}): Batch {
  const running = MADE_GO.filter(({ refusal }) => refusal === undefined)
  const process = (service: string) => MADE_GO.findIndex((each) => each.service === service)
  const atNs = second * 1e9
  return {
    processKeys: MADE_GO.map(({ service }) => madeKey(SHOP, service)),
    processBuilds: MADE_GO.map(({ service }) => ({ process: process(service), buildId: buildId(service) })),
    ...(options.withBuilds ? { builds: MADE_GO.map(madeBuild), findings: madeFindings(atNs) } : {}),
    gcCycles: running
      .filter(({ period }) => second % period === 0)
      .map(({ service, period, heapBytes }) => ({
        process: process(service),
        number: Math.floor(second / period) % 10_000,
        startNs: atNs + 220e6,
        endNs: atNs + 231e6,
        sweepTerminationNs: 38_000 + (second % 7) * 4000,
        markTerminationStartNs: atNs + 230.8e6,
        markTerminationNs: 71_000 + (second % 5) * 9000,
        trigger: GcTrigger.HEAP,
        heapStartBytes: heapBytes * 1.9,
        heapEndBytes: heapBytes * 2,
        heapLiveBytes: heapBytes,
        heapGoalBytes: heapBytes * 2,
        nextHeapGoalBytes: heapBytes * 2,
        assistNs: 1.4e6,
        dedicatedNs: 9e6,
        idleNs: 2e6,
        gomaxprocs: 4,
      })),
    worldStops:
      second % 41 === 0
        ? [{ process: 0, startNs: atNs + 640e6, durationNs: 210_000, reason: 'all goroutines stack trace' }]
        : [],
    goFigures: running.map(({ service, period, heapBytes, goroutines }) => ({
      process: process(service),
      timeNs: atNs + 900e6,
      heapLiveBytes: heapBytes * (1 + ((second % period) + 0.7) / period),
      heapGoalBytes: heapBytes * 2,
      goroutines: Math.round(goroutines * (1 + 0.2 * Math.sin(second / 6))),
      threads: 11,
      gomaxprocs: 4,
      known: 2 ** 3 + 2 ** 4 + 2 ** 11 + 2 ** 14 + 2 ** 15,
    })),
    probeCosts: running.map(({ service }) => ({
      process: process(service),
      timeNs: atNs + 900e6,
      intervalNs: 1e9,
      processCpuNs: 4e8,
      hits: 14,
      trapNs: 820,
      programNs: 9000,
      share: 0.00005,
      shareMax: 0.01,
    })),
    profiles: [madeSamples(second, options.isEarlier ? EARLIER_STACKS : STACKS)],
  }
}

/** A collection that a request forced, between two milliseconds of a second: with long pauses, as of a large heap. */
export function forcedCollection(second: number, fromMs: number, toMs: number) {
  const atNs = (ms: number) => second * 1e9 + ms * 1e6
  return {
    process: 0,
    number: 9001,
    startNs: atNs(fromMs),
    endNs: atNs(toMs),
    sweepTerminationNs: 1.2e6,
    markTerminationStartNs: atNs(toMs - 2),
    markTerminationNs: 2e6,
    trigger: GcTrigger.FORCED,
    heapStartBytes: 61e6,
    heapEndBytes: 62e6,
    heapLiveBytes: 42e6,
    heapGoalBytes: 84e6,
    nextHeapGoalBytes: 84e6,
    assistNs: 11e6,
    dedicatedNs: 70e6,
    gomaxprocs: 4,
  } satisfies NonNullable<Batch['gcCycles']>[number]
}

const DEPENDENCIES = [
  ['cel.dev/expr', 'v0.16.0'],
  ['github.com/beorn7/perks', 'v1.0.1'],
  ['github.com/cespare/xxhash/v2', 'v2.3.0'],
  ['github.com/jackc/pgpassfile', 'v1.0.0'],
  ['github.com/jackc/pgx/v5', 'v5.6.0'],
  ['github.com/klauspost/compress', 'v1.17.9'],
  ['github.com/prometheus/client_golang', 'v1.20.4'],
  ['github.com/prometheus/common', 'v0.55.0'],
  ['golang.org/x/crypto', 'v0.27.0'],
  ['golang.org/x/net', 'v0.29.0'],
  ['golang.org/x/sync', 'v0.8.0'],
  ['golang.org/x/sys', 'v0.25.0'],
  ['golang.org/x/text', 'v0.18.0'],
  ['google.golang.org/grpc', 'v1.66.0'],
  ['google.golang.org/protobuf', 'v1.34.2'],
] as const

function madeBuild({ service, version, refusal }: MadeGo): NonNullable<Batch['builds']>[number] {
  return {
    id: buildId(service),
    runtime: 'go',
    runtimeVersion: version,
    runtimeEvidence: 'note of the Go build id',
    exe: `/usr/local/bin/${service}`,
    sizeBytes: 18e6,
    mainPackage: `example.com/shop/cmd/${service}`,
    mainModule: { path: 'example.com/shop', version: '(devel)' },
    dependencies: DEPENDENCIES.map(([path, of]) => ({
      path,
      version: of,
      sum: `h1:${btoa(path).slice(0, 40)}=`,
      replacement:
        path === 'github.com/prometheus/common' && service === 'checkout'
          ? { path: 'example.com/fork/common', version: 'v0.55.1', sum: 'h1:Zm9yaw==' }
          : undefined,
    })),
    settings: [{ key: 'CGO_ENABLED', value: '0' }],
    architecture: 'amd64',
    stripped: service === 'payments',
    functions: 21_000,
    ...(refusal === undefined ? {} : { refusal }),
  }
}

function madeFindings(timeNs: number): NonNullable<Batch['findings']> {
  return [
    {
      code: 'QDR-O010',
      severity: Severity.WARNING,
      subject: `proc:${HOST}/${madeKey(SHOP, 'checkout')}`,
      message: 'A stop of the world took 2.00 ms, more than a hundred times the usual.',
      fix: 'look at who asks for stacks of all goroutines',
      timeNs,
    },
  ]
}

function madeSamples(second: number, stacks: readonly MadeStack[]): Window {
  const strings = ['']
  const indexOf = new Map([['', 0]])
  const string = (text: string) => {
    let at = indexOf.get(text)
    if (at === undefined) indexOf.set(text, (at = strings.push(text) - 1))
    return at
  }
  const frames: NonNullable<Window['frames']> = []
  const nodeFrame: number[] = []
  const nodeParent: number[] = []
  const nodes = new Map<string, number>()
  const nodeOf = (stack: readonly string[]) => {
    let parent = 0
    for (const text of stack) {
      const key = `${parent} ${text}`
      let node = nodes.get(key)
      if (node === undefined) {
        const [module, name, place] = text.replace(/^\+/, '').split(' ') as [string, string, string]
        const [file, line] = place.split(':') as [string, string]
        frames.push({
          function: string(name),
          file: string(file),
          line: Number(line),
          module: string(module),
          kind:
            module === '[kernel]'
              ? FrameKind.KERNEL
              : module.includes('.so')
                ? FrameKind.NATIVE
                : FrameKind.GO,
          inlined: text.startsWith('+'),
        })
        nodeFrame.push(frames.length - 1)
        nodeParent.push(parent)
        nodes.set(key, (node = nodeFrame.length))
      }
      parent = node
    }
    return parent
  }
  const samples: { process: number; node: number; count: number; kind: number; broken: number }[] = []
  const all = stacks.reduce((sum, { weight }) => sum + weight, 0)
  MADE_GO.forEach(({ samples: perSecond }, process) => {
    const busy = perSecond * (1 + 0.8 * Math.sin(second / 23 + process)) + (second % 60 === 17 ? 30 : 0)
    stacks.forEach(({ frames: stack, weight, kind = SampleKind.UNSPECIFIED, isBroken }, i) => {
      const exact = (busy * weight) / all
      // The rest of a division is a sample now and then.
      const count =
        Math.floor(exact) + ((second * 37 + i * 61 + process * 17) % 100 < (exact % 1) * 100 ? 1 : 0)
      if (count > 0) samples.push({ process, node: nodeOf(stack), count, kind, broken: isBroken ? 1 : 0 })
    })
  })
  return {
    startNs: second * 1e9,
    endNs: (second + 1) * 1e9,
    frequencyHz: MADE_HZ,
    strings,
    frames,
    nodeFrame,
    nodeParent,
    sampleProcess: samples.map(({ process }) => process),
    sampleNode: samples.map(({ node }) => node),
    sampleCount: samples.map(({ count }) => count),
    sampleKind: samples.map(({ kind }) => kind),
    sampleOffsetUs: samples.map(() => 500_000),
    sampleBroken: samples.map(({ broken }) => broken),
  }
}
