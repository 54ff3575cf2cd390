import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { BatchSchema } from '@quadrant/proto'
import { tellLosses } from '../telling.ts'
import { Journal } from './journal.ts'
import type { JournalDirectory } from './random-access-file.ts'

/**
 * A tracer whose traffic is numbered units. A batch tells a range of them; a checkpoint is the number of units told.
 * So each unit can be found at the server, or in its drop counts, or not at all.
 */
export class NumberedTracer {
  /** Units that passed by the machine; they outlive the tracer. */
  static next(traffic: { units: number }, restore: readonly Uint8Array[]): NumberedTracer {
    const last = restore.at(-1)
    return new NumberedTracer(traffic, last ? readNumber(last) : traffic.units)
  }

  readonly traffic: { units: number }
  told: number

  constructor(traffic: { units: number }, told: number) {
    this.traffic = traffic
    this.told = told
  }

  tick(paddingBytes: number) {
    const [from, to] = [this.told, this.traffic.units]
    this.told = to
    // A process record of any size as padding; `start_ns` and `end_ns` carry the range.
    const processes = paddingBytes > 0 ? [{ key: 'x'.repeat(paddingBytes) }] : []
    const batch = create(BatchSchema, { startNs: from, endNs: to, processes, flows: { count: to - from } })
    return { batch, checkpoint: writeNumber(to) }
  }

  checkpoint(): Uint8Array {
    return writeNumber(this.told)
  }
}

/** A server that commits frames in order and remembers what it was told. */
export class RememberingServer {
  lastSeq = 0
  readonly ranges: [from: number, to: number][] = []
  lostUnits = 0
  otherDrops = 0

  commit(seq: number, bytes: Uint8Array): void {
    if (seq <= this.lastSeq) return
    this.lastSeq = seq
    const batch = fromBinary(BatchSchema, bytes)
    if (batch.endNs > batch.startNs) this.ranges.push([batch.startNs, batch.endNs])
    for (const { stage, reason, count } of batch.drops)
      if (stage === 'agent.spool' && reason.endsWith('-flows')) this.lostUnits += count
      else this.otherDrops += count
  }

  /** How many units were told; throws where one was told twice. */
  toldUnits(): number {
    let told = 0
    let end = 0
    for (const [from, to] of this.ranges.toSorted((a, b) => a[0] - b[0])) {
      if (from < end) throw new Error(`units ${from} to ${Math.min(to, end)} were told twice`)
      told += to - from
      end = to
    }
    return told
  }
}

/** One run of an agent over the journal, without processes and sockets. */
export class AgentRun {
  readonly journal: Journal
  readonly tracer: NumberedTracer
  #isConnected = false

  constructor(directory: JournalDirectory, traffic: { units: number }, bootId: string, limitBytes?: number) {
    this.journal = new Journal(directory, { bootId, newAgentId: 'agent', limitBytes })
    this.tracer = NumberedTracer.next(traffic, this.journal.takeRestore())
    if (this.journal.compactionDue) this.journal.compact(this.tracer.checkpoint())
  }

  tick(paddingBytes = 0): void {
    const { batch, checkpoint } = this.tracer.tick(paddingBytes)
    const losses = tellLosses(this.journal, batch)
    this.journal.append([toBinary(BatchSchema, batch)], checkpoint, losses)
    if (this.journal.compactionDue) this.journal.compact(this.tracer.checkpoint())
  }

  connect(server: RememberingServer): void {
    this.journal.resume(server.lastSeq)
    this.#isConnected = true
  }

  disconnect(): void {
    this.#isConnected = false
  }

  /** Sends at most `count` frames; the first `acknowledged` of them are acknowledged. */
  send(server: RememberingServer, count: number, acknowledged: number): void {
    if (!this.#isConnected) this.connect(server)
    const sent: number[] = []
    while (sent.length < count) {
      const frame = this.journal.next()
      if (!frame) break
      server.commit(frame.seq, frame.batch)
      sent.push(frame.seq)
    }
    const seq = sent[Math.min(acknowledged, sent.length) - 1]
    if (seq !== undefined) this.journal.acknowledge(seq)
  }
}

function writeNumber(value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setFloat64(0, value)
  return bytes
}

function readNumber(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0)
}
