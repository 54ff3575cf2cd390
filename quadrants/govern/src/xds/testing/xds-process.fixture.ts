// A control plane as a process of its own, for tests and benchmarks that load it. Its argument is a `ProcessOptions`
// as JSON; it prints its port, and answers each line, a `ProcessCommand`, with one. It ends with its input.
import { createInterface } from 'node:readline'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import type { ResourceType } from '../resource-type.ts'
import { XDS_CHANNEL_OPTIONS } from '../xds-limits.ts'
import { XdsServer } from '../xds-server.ts'
import { madeResource, urlOf } from './made-resource.ts'

const TICK_MS = 5

export interface ProcessOptions {
  /** Default: any. */
  readonly port?: number
  /** After which connections are looked at, and again, whether they have died. Default: that of `XDS_CHANNEL_OPTIONS`. */
  readonly keepaliveMs?: number
}

export type ProcessCommand =
  /** Sets `TYPE-FROM` … `TYPE-(TO-1)`; the same `tag` is the same content. */
  | {
      readonly kind: 'set'
      readonly type: ResourceType['name']
      readonly from: number
      readonly to: number
      readonly tag: number
    }
  | {
      readonly kind: 'remove'
      readonly type: ResourceType['name']
      readonly from: number
      readonly to: number
    }
  /** Without garbage, where it was started with `--expose-gc`. */
  | { readonly kind: 'state' }

export interface ProcessState {
  readonly counts: ReturnType<XdsServer['counts']>
  readonly heapBytes: number
  readonly rssBytes: number
  /** What keeps the event loop going, as Node names it, without what only has it go round once more. */
  readonly active: readonly string[]
  /** Longest that the event loop was held up since the last time it was asked. */
  readonly delayMsMax: number
}

const options = JSON.parse(process.argv[2] ?? '{}') as ProcessOptions
const xds = new XdsServer()
const server = new Server({
  ...XDS_CHANNEL_OPTIONS,
  ...(options.keepaliveMs && {
    'grpc.keepalive_time_ms': options.keepaliveMs,
    'grpc.keepalive_timeout_ms': options.keepaliveMs,
  }),
})
xds.addServices(server)
server.bindAsync(`127.0.0.1:${options.port ?? 0}`, ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error
  process.stdout.write(`${JSON.stringify({ port })}\n`)
})

let delayMsMax = 0
let last = performance.now()
setInterval(() => {
  const now = performance.now()
  delayMsMax = Math.max(delayMsMax, now - last - TICK_MS)
  last = now
}, TICK_MS).unref()

createInterface({ input: process.stdin })
  .on('line', (line) => {
    process.stdout.write(`${JSON.stringify(answer(JSON.parse(line) as ProcessCommand))}\n`)
  })
  .on('close', () => process.exit())

function answer(command: ProcessCommand): unknown {
  if (command.kind === 'state') return state()
  const { type, from, to } = command
  const indexes = Array.from({ length: to - from }, (_, index) => from + index)
  const started = performance.now()
  if (command.kind === 'set')
    xds.update({ set: indexes.map((index) => madeResource(type, index, command.tag)) })
  else xds.update({ remove: indexes.map((index) => ({ typeUrl: urlOf(type), name: `${type}-${index}` })) })
  return { ms: performance.now() - started }
}

function state(): ProcessState {
  globalThis.gc?.()
  const { heapUsed, external, rss } = process.memoryUsage()
  const found = {
    counts: xds.counts(),
    heapBytes: heapUsed + external,
    rssBytes: rss,
    active: process
      .getActiveResourcesInfo()
      .filter((name) => name !== 'Immediate')
      .toSorted(),
    delayMsMax,
  }
  delayMsMax = 0
  return found
}
