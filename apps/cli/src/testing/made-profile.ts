import { create, type MessageInitShape } from '@bufbuild/protobuf'
import {
  FrameKind,
  GetProfileResponseSchema,
  ProfileFrameSchema,
  ProfileWindowSchema,
  SampleKind,
  type GetProfileResponse,
  type ProfileFrame,
  type ProfileWindow,
} from '@quadrant/proto'
import { NOON_MS } from './made-flows.ts'

/** A call: `name|module|file:line`; inlined into its caller with `~` before it. */
export interface MadeStack {
  /** The outermost call first. */
  readonly calls: readonly string[]
  readonly count: number
  readonly kind?: SampleKind
  readonly process?: number
  readonly broken?: boolean
}

/** A window of these stacks, as an agent tells them: strings, frames and nodes each once. */
export function madeWindow(
  stacks: readonly MadeStack[],
  change: MessageInitShape<typeof ProfileWindowSchema> = {},
): ProfileWindow {
  const strings = ['']
  const frames: ProfileFrame[] = []
  const numbers = new Map<string, number>()
  const numberOf = (key: string, make: () => number) => {
    const known = numbers.get(key)
    if (known !== undefined) return known
    const number = make()
    numbers.set(key, number)
    return number
  }
  const textOf = (text: string) => (text === '' ? 0 : numberOf(`text ${text}`, () => strings.push(text) - 1))
  const frameOf = (call: string) =>
    numberOf(`frame ${call}`, () => {
      const inlined = call.startsWith('~')
      const [name = '', module = '', place = ''] = call.slice(inlined ? 1 : 0).split('|')
      const colon = place.lastIndexOf(':')
      return (
        frames.push(
          create(ProfileFrameSchema, {
            function: textOf(name),
            module: textOf(module),
            file: textOf(place.slice(0, Math.max(colon, 0))),
            line: Number(place.slice(colon + 1)),
            kind: frameKind(module),
            inlined,
          }),
        ) - 1
      )
    })
  const window = create(ProfileWindowSchema, {
    startNs: NOON_MS * 1e6,
    endNs: NOON_MS * 1e6 + 10e9,
    frequencyHz: 99,
    ...change,
  })
  for (const { calls, count, kind, process, broken } of stacks) {
    let node = 0
    for (const call of calls) {
      const parent = node
      const frame = frameOf(call)
      node = numberOf(`node ${parent} ${frame}`, () => {
        window.nodeParent.push(parent)
        return window.nodeFrame.push(frame)
      })
    }
    window.sampleNode.push(node)
    window.sampleCount.push(count)
    window.sampleKind.push(kind ?? SampleKind.UNSPECIFIED)
    window.sampleProcess.push(process ?? 0)
    window.sampleBroken.push(broken ? 1 : 0)
    window.sampleOffsetUs.push(0)
  }
  return create(ProfileWindowSchema, { ...window, strings, frames })
}

function frameKind(module: string): FrameKind {
  if (module === '[kernel]') return FrameKind.KERNEL
  if (module === '') return FrameKind.UNKNOWN
  return module.endsWith('.so') ? FrameKind.NATIVE : FrameKind.GO
}

const MAIN = 'runtime.main|std|runtime/proc.go:283'
const SERVE = 'example.com/shop/cart.(*Server).Serve|example.com/shop@v1.2.0|cart/server.go:40'
const PRICE = '~example.com/shop/cart.price|example.com/shop@v1.2.0|cart/price.go:12'
const SUM = 'example.com/shop/cart.sum[go.shape.float64]|example.com/shop@v1.2.0|cart/price.go:30'
const FORMAT = 'golang.org/x/text/number.(*Formatter).Format|golang.org/x/text@v0.14.0|number/format.go:88'
const WRITE = 'syscall.write|std|syscall/zsyscall_linux_amd64.go:964'

/** Ten seconds of two processes of one service: its own work, the collector's, the kernel's, and a broken stack. */
export const CART_STACKS: readonly MadeStack[] = [
  { calls: [MAIN, SERVE, PRICE, SUM], count: 600 },
  { calls: [MAIN, SERVE, PRICE, SUM], count: 100, process: 1 },
  { calls: [MAIN, SERVE, PRICE], count: 50 },
  { calls: [MAIN, SERVE, FORMAT], count: 90 },
  { calls: [MAIN, SERVE, FORMAT, FORMAT], count: 10 },
  { calls: [MAIN, SERVE, WRITE, 'ksys_write|[kernel]|', 'tcp_sendmsg|[kernel]|'], count: 60 },
  {
    calls: ['runtime.gcBgMarkWorker|std|runtime/mgc.go:1310', 'runtime.gcDrain|std|runtime/mgcmark.go:1120'],
    count: 80,
    kind: SampleKind.GC,
  },
  { calls: ['runtime.schedule|std|runtime/proc.go:4000'], count: 5, kind: SampleKind.RUNTIME },
  { calls: ['sqlite3_step|libsqlite3.so|'], count: 4, broken: true },
  { calls: [], count: 1, process: 1 },
]

export const CART_PROFILE: GetProfileResponse = create(GetProfileResponseSchema, {
  range: { startNs: NOON_MS * 1e6, endNs: NOON_MS * 1e6 + 10e9 },
  profile: madeWindow(CART_STACKS),
  processes: ['proc:web-1/22@6', 'proc:web-1/23@7'],
  samples: 1000,
  broken: 4,
  windows: 10,
})
