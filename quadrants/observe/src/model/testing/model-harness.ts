import { formatAddress } from '@quadrant/core'
import { FlowEvent, Role, type Batch } from '@quadrant/proto'
import { SockWord } from '../../kernel/record.ts'
import { WaitingBaselines } from '../baseline.ts'
import { takeBatch, type ProcessTeller } from '../batch.ts'
import { CheckpointWriter, readCheckpoints } from '../checkpoint.ts'
import { ConnectionTable, type ProcessIds } from '../connection-table.ts'
import { EdgeTable } from '../edge-table.ts'
import { FlowRows } from '../flow-rows.ts'
import { Tally } from '../tally.ts'
import { Teller } from '../teller.ts'
import { encodeRecord, type RecordText } from './record-encoder.ts'

export const BOOT_ID = '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0'

/** Processes by pid alone. */
class PidProcesses implements ProcessIds, ProcessTeller {
  ofRecord(words: Uint32Array, at: number): number {
    return words[at + SockWord.tgid] || -1
  }
  refer(id: number): string {
    return `pid${id}`
  }
  takeNews(): [] {
    return []
  }
}

export interface HarnessOptions {
  readonly connections?: number
  readonly edges?: number
  readonly addresses?: number
  readonly flows?: number
  readonly restore?: readonly Uint8Array[]
}

/** The model without a source: records go in, batches come out. Time stands in the records. */
export class ModelHarness {
  readonly table: ConnectionTable
  readonly edges: EdgeTable
  readonly rows: FlowRows
  readonly writer = new CheckpointWriter(BOOT_ID)
  readonly waiting: WaitingBaselines
  readonly teller: Teller
  readonly #tally = new Tally()
  readonly #processes = new PidProcesses()
  #startNs = 0

  constructor(options: HarnessOptions = {}) {
    const restored = options.restore && readCheckpoints(options.restore, BOOT_ID)
    this.waiting = new WaitingBaselines(restored?.sockets)
    this.table = new ConnectionTable(this.#processes, {
      connections: options.connections ?? 1024,
      baselines: this.waiting,
    })
    this.edges = new EdgeTable({ edges: options.edges ?? 512, addresses: options.addresses ?? 512 })
    this.rows = new FlowRows(options.flows ?? 4096)
    this.teller = new Teller({
      table: this.table,
      edges: this.edges,
      rows: this.rows,
      checkpoint: this.writer,
      tally: this.#tally,
      processes: this.#processes,
    })
  }

  apply(...records: readonly RecordText[]): void {
    for (const record of records) this.table.apply(encodeRecord(record), 0)
  }

  /** Between two ticks, as polls do. */
  settle(ns: number): void {
    this.teller.settle(this.#startNs, ns)
  }

  tick(endNs: number, final = false): { batch: Batch; checkpoint: Uint8Array } {
    this.teller.tell({ startNs: this.#startNs, endNs, final })
    const batch = takeBatch(
      { edges: this.edges, rows: this.rows, processes: this.#processes, tally: this.#tally },
      this.#startNs,
      endNs,
    )
    this.#startNs = endNs
    return { batch, checkpoint: this.writer.takeDelta(new Map()) }
  }

  whole(): Uint8Array {
    return this.writer.whole(this.table.columns, this.table.highWater, new Map(), this.waiting.waiting)
  }
}

/** The edges of a batch in one line each, without what is 0: `pid1 > pid2:80/tcp opened=1 bytesToServer=5`. */
export function edgeLines(batch: Batch): string[] {
  return batch.edges
    .map((edge) => {
      const {
        $typeName: _,
        client,
        server,
        protocol,
        serverPort,
        clientObserved,
        serverObserved,
        ...sums
      } = edge
      const counts = Object.entries(sums).flatMap(([name, value]) =>
        value ? [`${name}=${Number(value)}`] : [],
      )
      const ends = `${endText(batch, client)} > ${endText(batch, server)}:${serverPort}/${protocol === 6 ? 'tcp' : 'udp'}`
      const seen = `${clientObserved ? 'c' : ''}${serverObserved ? 's' : ''}`
      return [ends, seen, ...counts].join(' ')
    })
    .sort()
}

/** The rows of a batch in one line each: `CONNECT client 10.0.0.1:4000 10.0.0.2:80 pid1 pid2 sent=5`. */
export function rowLines(batch: Batch): string[] {
  const flows = batch.flows!
  return Array.from({ length: flows.count }, (_, i) => {
    const end = (address: number, port: number) => `${formatAddress(batch.addresses[address]!)}:${port}`
    const holder = (index: number) => (index === 0 ? '-' : batch.processKeys[index - 1])
    const extras = (['bytesSent', 'bytesReceived', 'durationUs', 'error', 'flags'] as const).flatMap((name) =>
      flows[name][i] ? [`${name}=${flows[name][i]}`] : [],
    )
    return [
      Object.entries(FlowEvent).find(([, value]) => value === flows.event[i])?.[0],
      Object.entries(Role)
        .find(([, value]) => value === flows.role[i])?.[0]
        .toLowerCase(),
      end(flows.localAddress[i]!, flows.localPort[i]!),
      end(flows.remoteAddress[i]!, flows.remotePort[i]!),
      holder(flows.process[i]!),
      holder(flows.peerProcess[i]!),
      ...extras,
    ].join(' ')
  }).sort()
}

export function dropLines(batch: Batch): string[] {
  return batch.drops.map(({ stage, reason, count }) => `${stage} ${reason} ${count}`)
}

function endText(batch: Batch, index: number): string {
  const { kind } = batch.endpoints[index]!
  return kind.case === 'address'
    ? formatAddress(kind.value)
    : kind.case === 'other'
      ? `~${kind.value}`
      : `${kind.value}`
}
