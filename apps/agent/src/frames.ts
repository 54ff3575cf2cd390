import { create, toBinary } from '@bufbuild/protobuf'
import { type Batch, BatchSchema, DropCountSchema, type Process, type RuntimeBatch } from '@quadrant/proto'
import { SPOOL_STAGE } from './journal/losses.ts'
import { runtimeRows, splitRuntime } from './runtime-parts.ts'

/** The server takes messages of 4 MiB; the frame adds a few bytes to its batch. */
const FRAME_BYTES_MAX = 3.5 * (1 << 20)
/** What a batch of one runtime batch has beside it: two times, and a field's number and length. */
const TIMES_BYTES = 24

/**
 * A tick's batch as encoded batches that each fit into one message. The last one is the tick; those before it hold
 * nothing but processes, which may be told twice without harm, and what runtimes did, which no checkpoint stands for: so
 * the tick still is one record in the journal. What cannot fit is taken out and counted: first the events of single
 * sockets, then the edges.
 */
export function encodeFrames(batch: Batch, frameBytesMax: number = FRAME_BYTES_MAX): Uint8Array[] {
  const whole = toBinary(BatchSchema, batch)
  if (whole.length <= frameBytesMax) return [whole]
  const { startNs, endNs } = batch
  const frames = chunkProcesses(batch.processes, frameBytesMax).map((processes) =>
    toBinary(BatchSchema, create(BatchSchema, { startNs, endNs, processes })),
  )
  const rest = create(BatchSchema, {
    ...batch,
    $unknown: undefined,
    processes: [],
    runtime: undefined,
    drops: [...batch.drops],
  })
  for (const runtime of runtimeParts(batch, rest, frameBytesMax))
    frames.push(toBinary(BatchSchema, create(BatchSchema, { startNs, endNs, runtime })))
  let last = toBinary(BatchSchema, rest)
  if (last.length > frameBytesMax) {
    countTooLarge(rest, 'flows', rest.flows?.count ?? 0)
    rest.flows = undefined
    last = toBinary(BatchSchema, rest)
  }
  if (last.length > frameBytesMax) {
    countTooLarge(rest, 'edges', rest.edges.length)
    rest.edges = []
    rest.endpoints = []
    rest.processKeys = []
    rest.addresses = []
    last = toBinary(BatchSchema, rest)
  }
  return [...frames, last]
}

/** @param rest what is refused is counted in */
function runtimeParts({ runtime }: Batch, rest: Batch, frameBytesMax: number): RuntimeBatch[] {
  if (!runtime) return []
  return splitRuntime(runtime, frameBytesMax - TIMES_BYTES, (part) => {
    countTooLarge(rest, 'runtime', runtimeRows(part))
    countTooLarge(rest, 'profiles', part.profiles.length)
  })
}

function countTooLarge(batch: Batch, unit: 'flows' | 'edges' | 'runtime' | 'profiles', count: number): void {
  if (count === 0) return
  const reason = `too-large-${unit}`
  const same = batch.drops.find((drop) => drop.stage === SPOOL_STAGE && drop.reason === reason)
  if (same) same.count += count
  else batch.drops.push(create(DropCountSchema, { stage: SPOOL_STAGE, reason, count }))
}

function chunkProcesses(processes: readonly Process[], bytesMax: number): Process[][] {
  const chunks: Process[][] = []
  let bytes = Infinity
  for (const process of processes) {
    // Three bytes a UTF-16 unit at most, and some for the numbers.
    const text = [
      process.key,
      process.exe,
      process.cgroup,
      process.service,
      process.containerId,
      ...process.argv,
    ]
    const size = 256 + text.reduce((sum, part) => sum + part.length * 3 + 5, 0)
    if (bytes + size > bytesMax) {
      chunks.push([])
      bytes = 0
    }
    chunks.at(-1)!.push(process)
    bytes += size
  }
  return chunks
}
