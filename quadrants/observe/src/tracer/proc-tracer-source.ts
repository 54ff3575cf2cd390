import type { HostClock } from '../discover/host-clock.ts'
import type { NetworkNamespace } from '../discover/namespaces.ts'
import type { RecordSink } from '../kernel/record-sink.ts'
import { type ProcSample, ProcSource } from '../proc/proc-source.ts'
import type { TracerSource } from './tracer-source.ts'

export interface ProcTracerOptions {
  readonly clock: HostClock
  readonly procRoot: string
  /** Why the kernel's programs are not used, if they were wanted. */
  readonly reason?: string
}

/** /proc as a source of a tracer. */
export function openProcTracerSource(sink: RecordSink, options: ProcTracerOptions): TracerSource {
  const source = new ProcSource(sink, options)
  let last: ProcSample = { namespaceCount: 0, socketCount: 0, skippedCount: 0 }
  let seen = 0
  let skipped = 0
  let unreachable = 0
  return {
    kind: 'proc',
    poll: () => 0,
    sample(namespaces: readonly NetworkNamespace[]) {
      unreachable = namespaces.filter(({ pid }) => pid === 0).length
      last = source.sample(namespaces)
      seen += last.socketCount + last.skippedCount
      skipped += last.skippedCount
      return false
    },
    owners: () => source.owners(),
    configure: () => undefined,
    addMessageTarget: () => undefined,
    refuseMessageTarget: () => undefined,
    drops: () => [{ stage: 'proc.sockets', reason: 'unreadable line', count: skipped }],
    stages: () => [{ stage: 'proc.sockets', seen, kept: seen - skipped }],
    report: () => ({ programs: [], maps: [] }),
    blindSpots() {
      const spots = [
        'sockets are looked up in /proc once a second: connections that open and close between two looks are not seen',
        'bytes, segments, retransmissions, round trip times, resets and failed connects are not told by /proc',
        'who opened a connection is known only where a socket listens on its port; else it is guessed from the port numbers',
        'UDP: only connected sockets have a peer in /proc, and messages are not counted',
      ]
      if (options.reason !== undefined) spots.unshift(`the kernel's events are not used: ${options.reason}`)
      if (source.hiddenProcessCount > 0)
        spots.push(
          `the open files of ${source.hiddenProcessCount} processes of other users may not be read: their sockets are shown by address`,
        )
      if (unreachable > 0)
        spots.push(`${unreachable} named network namespaces have no process to look through`)
      return spots
    },
    [Symbol.dispose]: () => undefined,
  }
}
