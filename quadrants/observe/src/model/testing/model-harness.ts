import { formatAddress } from '@quadrant/core'
import { FlowEvent, Role, type Batch } from '@quadrant/proto'
import { SockWord } from '../../kernel/record.ts'
import { WaitingBaselines } from '../baseline.ts'
import type { ProcessTeller } from '../batch.ts'
import { readCheckpoints } from '../checkpoint.ts'
import type { ConnectionCounts } from '../connection-counts.ts'
import { NetworkModel } from '../network-model.ts'
import type { ProcessIds } from '../process-ids.ts'
import type { SocketTable } from '../socket-table.ts'
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
  /** Every record goes to the connection table, as if no connection were short. */
  readonly direct?: boolean
}

/** The model without a source: records go in, batches come out. Time stands in the records. */
export class ModelHarness {
  readonly model: NetworkModel
  readonly #direct: boolean
  #startNs = 0

  constructor(options: HarnessOptions = {}) {
    const restored = options.restore && readCheckpoints(options.restore, BOOT_ID)
    this.#direct = options.direct ?? false
    this.model = new NetworkModel(new PidProcesses(), {
      bootId: BOOT_ID,
      baselines: new WaitingBaselines(restored?.sockets),
      startNs: 0,
      connections: options.connections ?? 1024,
      edges: options.edges ?? 512,
      addresses: options.addresses ?? 512,
      flows: options.flows ?? 4096,
    })
  }

  get sockets(): SocketTable {
    return this.model.sockets
  }

  get counts(): Readonly<ConnectionCounts> {
    return this.model.table.counts
  }

  apply(...records: readonly RecordText[]): void {
    for (const record of records) this.applyWords(encodeRecord(record))
  }

  applyWords(words: Uint32Array): void {
    if (this.#direct) this.model.table.apply(words, 0)
    else this.model.apply(words, 0)
  }

  /** Between two ticks, as polls do. */
  settle(ns: number): void {
    this.model.settle(ns)
    this.model.endPoll()
  }

  tick(endNs: number, final = false): { batch: Batch; checkpoint: Uint8Array } {
    this.model.tell(endNs, final)
    const batch = this.model.takeBatch(this.#startNs, endNs)
    this.#startNs = endNs
    return { batch, checkpoint: this.model.takeCheckpoint(new Map()) }
  }

  whole(): Uint8Array {
    return this.model.checkpoint(new Map())
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
