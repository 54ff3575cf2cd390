import type { BufferKind } from '../kernel/objects.ts'
import type { RecordSink } from '../kernel/record-sink.ts'
import { openKernelSource } from '../kernel/source.ts'
import { type ConnectionEvent, EventPlace } from './connection-event.ts'

export interface ConnectionEventsOptions {
  /** Default: a ring buffer, or a perf_event_array where the kernel (before 5.8) has none. */
  readonly buffer?: BufferKind
  /** Bytes of the ring buffer, a power of two. Default 4 MiB: 29,000 events. */
  readonly ringBytes?: number
}

/** Single connections as the kernel sees them: open, established, closed, reset; UDP peers. */
export interface ConnectionEvents extends Disposable {
  readonly buffer: BufferKind
  /**
   * Tells what waits, without blocking; gives how many events. To be called every 20 to 100 ms, or the buffer fills.
   *
   * @param onEvent gets the same object each time, with other contents: what is kept must be copied
   */
  poll(onEvent: (event: ConnectionEvent) => void): number
  /** What was lost so far, by stage and reason: `kernel.ring` counts events that found the buffer full. */
  drops(): ReadonlyArray<{ readonly stage: string; readonly reason: string; readonly count: number }>
}

/** UDP sockets have no states: their peers are looked up this often. */
const UDP_LOOK_MS = 1000

/**
 * The kernel's connection events as a stream `{ ts, pid, saddr, daddr, sport, dport, protocol }`, from every network
 * namespace, from now on. Events of TCP come as they happen, those of UDP peers once a second. Sums, names and what was
 * open before are the tracer's matter: see {@link openHostTracer}.
 *
 * @throws {EbpfError} where the kernel does not let us
 */
export function openConnectionEvents(options: ConnectionEventsOptions = {}): ConnectionEvents {
  const event = new EventPlace()
  let count = 0
  let tell: ((event: ConnectionEvent) => void) | undefined
  const sink: RecordSink = {
    socket(words, at) {
      if (tell === undefined || !event.take(words, at)) return
      count++
      tell(event)
    },
    process: () => undefined,
  }
  // Each state is told at once; the tracer, which wants sums, lets beginnings wait in the kernel.
  const source = openKernelSource(sink, { ...options, namespaces: [], transitPlaces: 0 })
  let lookedMs = performance.now()
  return {
    buffer: source.buffer,
    poll(onEvent) {
      if (tell !== undefined) return 0
      tell = onEvent
      count = 0
      try {
        source.poll()
        if (performance.now() - lookedMs >= UDP_LOOK_MS) {
          lookedMs = performance.now()
          source.sample([])
        }
        return count
      } finally {
        tell = undefined
      }
    },
    drops: () => source.drops(),
    [Symbol.dispose]: () => source[Symbol.dispose](),
  }
}
