import { Collection, EbpfError, type MappedMemory, type Program } from '@quadrant/ebpf'
import type { DropCount } from '../../kernel/loss.ts'
import { readObject } from '../../kernel/objects.ts'
import { AttachedProbes } from '../../runtime/gc/attached-probes.ts'
import { LinkCloser } from '../../runtime/gc/link-closer.ts'
import type { TrapCosts } from '../../runtime/gc/trap-cost.ts'
import type { GoTarget } from '../../runtime/go-target.ts'
import { ProbedFile } from '../../runtime/probed-file.ts'
import { ProbeCost } from '../../runtime/probe-cost.ts'
import type { ProbeSource, ProcessProbes } from '../../runtime/process-probes.ts'
import { ProcessSlots } from '../../runtime/process-slots.ts'
import type { StreamSink } from '../stream/stream-record.ts'
import { StreamSource } from '../stream/stream-source.ts'
import { tlsPlaces, type TlsPlaces } from '../../runtime/tls/tls-places.ts'
import { takeTlsSlot, tlsCookie } from './tls-slots.ts'

/** `enum tls_count` of bpf/go-tls.bpf.c. */
const COUNTS = [
  ['tls.ring', 'ring full'],
  ['tls.ring', 'memory of the process not readable'],
  ['tls.connections', 'too many at a time'],
  ['tls.connections', 'not over a TCP connection of net, or in a way that is not known'],
  ['tls.calls', 'the socket has no cookie yet'],
] as const

export interface GoTlsSourceOptions {
  /** Is given what the probes see. Its bytes are those of the programs' users: keep none of them. */
  readonly sink: StreamSink
  readonly monotonicNs: () => number
  /** Where a program's TLS is seen. Default: it is looked up, in some milliseconds. */
  readonly placesOf?: (target: GoTarget) => TlsPlaces | undefined
  /** Of the ring: a power of two and of pages. Default 16 MiB. */
  readonly ringBytes?: number
  /**
   * Gives sockets the cookies by which they are told, which costs each connection of the host a little. Default true;
   * false where something else does, as the tracer of connections.
   */
  readonly givesCookies?: boolean
  /** What a hit costs here. Default: measured while this begins to work, and 0 for the second until it is known. */
  readonly trapCosts?: TrapCosts
}

/** Reads what TLS carries in Go processes, one by one. */
export interface GoTlsSource extends ProbeSource, Disposable {
  /** Takes what came; how many records. The ring holds what comes between two calls, the rest is counted. */
  poll(): number
  /** Cumulative. */
  drops(): readonly DropCount[]
  /** The programs in the kernel. */
  readonly programs: readonly Program[]
}

/** Loads the programs. @throws {EbpfError} what the kernel refused */
export function openGoTlsSource(options: GoTlsSourceOptions): GoTlsSource {
  return new ProbingTlsSource(options)
}

class ProbingTlsSource implements GoTlsSource {
  readonly programs: readonly Program[]
  readonly #options: GoTlsSourceOptions
  readonly #owned = new DisposableStack()
  readonly #program: Program
  readonly #records: StreamSource
  readonly #slots: ProcessSlots
  readonly #counts: MappedMemory
  readonly #cost: ProbeCost
  readonly #closer = new LinkCloser()
  readonly #probes = new Set<ProcessProbes>()

  constructor(options: GoTlsSourceOptions) {
    this.#options = options
    const spec = readObject('go-tls', 'ring')
    if (options.ringBytes !== undefined) spec.maps.get('tls_records')!.maxEntries = options.ringBytes
    const hooks = ['tls_closed', ...(options.givesCookies === false ? [] : ['tls_cookie'])]
    using undo = new DisposableStack()
    const collection = undo.use(Collection.load(spec, { programs: ['go_tls', ...hooks] }))
    this.#program = collection.program('go_tls')
    this.#records = undo.use(new StreamSource(collection, 'tls_records'))
    this.#slots = undo.use(new ProcessSlots(collection.map('tls_processes')))
    this.#counts = undo.use(collection.map('tls_counts').mmap())
    this.#cost = undo.use(new ProbeCost(this.#program, this.#slots, options.trapCosts))
    for (const name of hooks) undo.use(collection.program(name).attach())
    this.programs = ['go_tls', ...hooks].map((name) => collection.program(name))
    this.#owned.use(undo.move())
  }

  probe(target: GoTarget): ProcessProbes {
    const places = this.#placesOf(target)
    using file = new ProbedFile(target.path)
    file.check(places.code)
    const id = takeTlsSlot(this.#slots, places.layout)
    let link
    try {
      link = this.#program.attachUprobe({
        path: file.path,
        pid: target.pid,
        sites: places.places.map((place) => ({ offset: place.offset, cookie: tlsCookie(place, id) })),
      })
    } catch (error) {
      this.#slots.mute(id)
      this.#slots.release(id)
      throw EbpfError.from(error)
    }
    const probes = new AttachedProbes(target, link.siteCount, {
      counts: () => this.#cost.of(id),
      detach: () => {
        this.#probes.delete(probes)
        this.#slots.mute(id)
        this.#closer.close(link, () => this.#slots.release(id))
      },
    })
    this.#probes.add(probes)
    return probes
  }

  /** A file that cannot be read any further is one that cannot be observed. */
  #placesOf(target: GoTarget): TlsPlaces {
    const { placesOf = tlsPlaces } = this.#options
    let places
    try {
      places = placesOf(target)
    } catch (error) {
      throw EbpfError.from(error, 'unsupported')
    }
    if (places === undefined) throw new EbpfError('unsupported', `${target.path}: has no TLS`)
    return places
  }

  poll(): number {
    if (this.#probes.size > 0) this.#cost.tick(this.#options.monotonicNs())
    return this.#records.poll(this.#options.sink)
  }

  drops(): readonly DropCount[] {
    const { bytes } = this.#counts
    const counts = new BigUint64Array(bytes.buffer, bytes.byteOffset, COUNTS.length)
    return COUNTS.map(([stage, reason], index) => ({ stage, reason, count: Number(counts[index]) }))
  }

  [Symbol.dispose](): void {
    for (const probes of this.#probes) probes[Symbol.dispose]()
    this.#closer.flush()
    this.#owned.dispose()
  }
}
