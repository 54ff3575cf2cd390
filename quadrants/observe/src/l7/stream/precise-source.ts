import { Collection, type MappedMemory, type Program } from '@quadrant/ebpf'
import type { DropCount, StageCount } from '../../kernel/loss.ts'
import { readObject } from '../../kernel/objects.ts'
import { pollOften } from '../poll-often.ts'
import type { RequestSeries } from '../request-source.ts'
import { StreamRequests, type StreamRequestsOptions } from './stream-requests.ts'
import { StreamSource } from './stream-source.ts'

/** `enum stream_count` of bpf/streams.bpf.c. */
const COUNTS = [
  ['streams.ring', 'ring full'],
  ['streams.ring', 'memory of the process not readable'],
] as const
const PROGRAMS = ['stream_send', 'stream_receive', 'stream_closed'] as const
const POLL_MS = 10
const PRESENT = Uint8Array.of(1, 0, 0, 0)

export interface PreciseSourceOptions extends StreamRequestsOptions {
  /** Of the ring: a power of two and of pages. Default 32 MiB: some 80,000 small requests between two polls, or what is moved at full speed in a quarter of a second. */
  readonly ringBytes?: number
}

/** Sees requests in what processes of chosen cgroups send and receive. */
export class PreciseSource implements Disposable {
  readonly programs: readonly Program[]
  readonly #owned = new DisposableStack()
  readonly #collection: Collection
  readonly #source: StreamSource
  /** What is made of it; also captures. */
  readonly requests: StreamRequests
  readonly #counts: MappedMemory
  readonly #groups = new Set<number>()

  /** @throws {EbpfError} what the kernel refused: before Linux 6.17 it has no such tracepoint */
  constructor({ ringBytes, ...options }: PreciseSourceOptions = {}) {
    const spec = readObject('streams', 'ring')
    if (ringBytes !== undefined) spec.maps.get('stream_records')!.maxEntries = ringBytes
    using undo = new DisposableStack()
    this.#collection = undo.use(Collection.load(spec))
    this.#source = undo.use(new StreamSource(this.#collection))
    this.#counts = undo.use(this.#collection.map('stream_counts').mmap())
    this.programs = PROGRAMS.map((name) => this.#collection.program(name))
    for (const program of this.programs) undo.use(program.attach())
    this.requests = new StreamRequests(options)
    undo.use(pollOften(() => this.poll(), POLL_MS))
    this.#owned.use(undo.move())
  }

  /** Whether sockets of this group are looked at. */
  has(cgroupId: number): boolean {
    return this.#groups.has(cgroupId)
  }

  get groupCount(): number {
    return this.#groups.size
  }

  /** Whether it looks at these groups, and at no other. */
  isFollowing(ids: ReadonlySet<number>): boolean {
    return ids.size === this.#groups.size && ids.isSubsetOf(this.#groups)
  }

  /**
   * Looks at the sockets that were made in these groups from now on, and at no other.
   *
   * @param ids of cgroup v2 @throws {EbpfError} there are more than 1,024
   */
  follow(ids: ReadonlySet<number>): void {
    const map = this.#collection.map('stream_groups')
    const isLess = !this.#groups.isSubsetOf(ids)
    for (const id of this.#groups)
      if (!ids.has(id)) {
        map.delete(keyOf(id))
        this.#groups.delete(id)
      }
    for (const id of ids)
      if (!this.#groups.has(id)) {
        map.update(keyOf(id), PRESENT)
        this.#groups.add(id)
      }
    if (!isLess) return
    this.poll()
    this.requests.giveUp(({ cgroupId }) => ids.has(cgroupId))
  }

  /** Takes what came; how many records. The ring holds what comes between two calls, the rest is counted. */
  poll(): number {
    return this.#source.poll(this.requests.take)
  }

  /** What came since the last read. */
  read(): readonly RequestSeries[] {
    this.poll()
    return this.requests.read()
  }

  drops(): readonly DropCount[] {
    const { bytes } = this.#counts
    const counts = new BigUint64Array(bytes.buffer, bytes.byteOffset, COUNTS.length)
    return [
      ...COUNTS.map(([stage, reason], index) => ({ stage, reason, count: Number(counts[index]) })),
      ...this.requests.drops(),
    ]
  }

  stages(): readonly StageCount[] {
    return this.requests.stages()
  }

  [Symbol.dispose](): void {
    this.#owned.dispose()
  }
}

function keyOf(id: number): Uint8Array {
  const key = new Uint8Array(8)
  new DataView(key.buffer).setBigUint64(0, BigInt(id), true)
  return key
}
