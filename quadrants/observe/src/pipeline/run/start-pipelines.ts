import type { PipelineLine, PipelineSpec, ReceiverSpec } from '../config/spec.ts'
import { type Consumer, fanOut, type Processor, type Refusal } from '../consumer.ts'
import { HeldBytes } from '../held-bytes.ts'
import { Ledger, type StageCounts } from '../ledger.ts'
import { Parcel } from '../parcel.ts'
import { addOtlpServices } from '../receiver/otlp-grpc.ts'
import { otlpHttpHandler } from '../receiver/otlp-http.ts'
import { OtlpIntake } from '../receiver/otlp-intake.ts'
import { type MetricsMessage, SIGNALS, type Signal, type TracesMessage } from '../signal.ts'
import { makeExporter, type ExporterParts, type RunningExporter } from './make-exporter.ts'
import { makeProcessor } from './make-processor.ts'
import type { PipelineHost, PipelineListener } from './pipeline-host.ts'

/** How long the end waits for backends to take what is in memory. */
const GRACE_MS = 2000

/** Pipelines that run until they are disposed of. */
export interface RunningPipelines extends AsyncDisposable {
  /** What the caller has to listen on for them. */
  readonly listeners: readonly PipelineListener[]
  /** Whether a pipeline of metrics has the receiver `quadrant`, and whether one of traces has. */
  readonly wantsOwn: boolean
  readonly wantsOwnTraces: boolean
  /** Quadrant's own telemetry, for the receiver `quadrant`. */
  tell(message: MetricsMessage): Refusal | undefined
  tellTraces(message: TracesMessage): Refusal | undefined
  /** Bytes of telemetry in memory. */
  readonly heldBytes: number
  /** Every stage's counters. */
  counts(): readonly StageCounts[]
  /** Gives on what batches hold, waits up to `graceMs` for backends, and ends. */
  close(graceMs: number): Promise<void>
}

/** Starts what a pipeline file declares. @throws {PipelineError} `storage` where a queue or file cannot be used */
export function startPipelines(spec: PipelineSpec, host: PipelineHost): RunningPipelines {
  const ledger = new Ledger()
  const held = new HeldBytes()
  const parts: ExporterParts = { host, ledger, held }
  const used = new Set(spec.pipelines.flatMap(({ exporters }) => exporters))
  const exporters = new Map<string, RunningExporter>(
    spec.exporters.filter(({ id }) => used.has(id)).map((one) => [one.id, makeExporter(one, parts)]),
  )
  const lines = spec.pipelines.map((line) => makeLine(line, spec, exporters, parts))
  const receivers = spec.receivers.map((receiver) => makeReceiver(receiver, lines, ledger))
  const own = (signal: Signal) =>
    receivers.flatMap(({ kind, intake }) => (kind === 'quadrant' && intake.takes(signal) ? [intake] : []))
  const intakes = { metrics: own('metrics'), traces: own('traces') }
  let isClosed = false
  const close = async (graceMs: number) => {
    if (isClosed) return
    isClosed = true
    for (const { processors } of lines) for (const processor of processors) processor.flush()
    await Promise.all([...exporters.values()].map((exporter) => exporter.close(graceMs)))
  }
  const take = (content: Parameters<typeof Parcel.ofContent>[0]): Refusal | undefined => {
    if (isClosed) return { reason: 'closed', retryAfterMs: 0 }
    const { bytes } = Parcel.ofContent(content)
    let refusal: Refusal | undefined
    for (const intake of intakes[content.signal]) refusal = intake.bytes(content.signal, bytes) ?? refusal
    return refusal
  }
  return {
    listeners: [
      ...receivers.flatMap(({ listeners }) => listeners),
      ...[...exporters.values()].flatMap(({ listener }) => listener ?? []),
    ],
    wantsOwn: intakes.metrics.length > 0,
    wantsOwnTraces: intakes.traces.length > 0,
    tell: (message) => take({ signal: 'metrics', message }),
    tellTraces: (message) => take({ signal: 'traces', message }),
    get heldBytes() {
      return held.bytes
    },
    counts: () => ledger.counts(),
    close,
    [Symbol.asyncDispose]: () => close(GRACE_MS),
  }
}

interface Line {
  readonly line: PipelineLine
  readonly head: Consumer
  /** From first to last. */
  readonly processors: readonly Processor[]
}

function makeLine(
  line: PipelineLine,
  spec: PipelineSpec,
  exporters: ReadonlyMap<string, RunningExporter>,
  parts: ExporterParts,
): Line {
  let head = fanOut(line.exporters.flatMap((id) => exporters.get(id)?.consumer ?? []))
  const processors: Processor[] = []
  for (const id of line.processors.toReversed()) {
    const declared = spec.processors.find((one) => one.id === id)
    if (!declared) continue
    const processor = makeProcessor(declared, line, head, parts)
    processors.unshift(processor)
    head = processor
  }
  return { line, head, processors }
}

function makeReceiver(spec: ReceiverSpec, lines: readonly Line[], ledger: Ledger) {
  const consumers: Partial<Record<Signal, Consumer>> = {}
  for (const signal of SIGNALS) {
    const heads = lines.filter(({ line }) => line.signal === signal && line.receivers.includes(spec.id))
    if (heads.length > 0) consumers[signal] = fanOut(heads.map(({ head }) => head))
  }
  const intake = new OtlpIntake(consumers, ledger.stage(`receiver/${spec.id}`))
  const isUsed = Object.keys(consumers).length > 0
  return { kind: spec.kind, intake, listeners: isUsed ? listenersOf(spec, intake) : [] }
}

function listenersOf(spec: ReceiverSpec, intake: OtlpIntake): readonly PipelineListener[] {
  if (spec.kind !== 'otlp') return []
  const component = spec.id
  const { grpc, http } = spec
  return [
    ...(grpc
      ? [
          {
            ...grpc,
            kind: 'grpc',
            component,
            addServices: (server) => addOtlpServices(server, intake),
          } satisfies PipelineListener,
        ]
      : []),
    ...(http
      ? [
          {
            ...http,
            kind: 'http',
            component,
            handler: otlpHttpHandler(intake, { bodyBytesMax: http.messageBytesMax }),
          } satisfies PipelineListener,
        ]
      : []),
  ]
}
