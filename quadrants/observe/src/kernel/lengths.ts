import { type BpfMap, type CollectionSpec, EbpfError } from '@quadrant/ebpf'
import type { DropCount } from './loss.ts'
import type { ProgramGroup, Programs } from './programs.ts'
import { TargetMap } from './target-map.ts'

const UDP_FUNCTIONS = ['exit_udp_send', 'exit_udp_receive', 'exit_udp6_send', 'exit_udp6_receive'] as const
const TCP_FUNCTIONS = ['exit_tcp_send', 'exit_tcp_receive'] as const
const TRACEPOINTS = ['send_length', 'receive_length'] as const

/** Where calls are seen: exits of the protocols' functions, or the socket length tracepoints. */
export type CallProbe = 'functions' | 'tracepoints'

export interface LengthsOptions {
  /**
   * Counts every UDP byte and datagram. By function exits it costs TCP nothing; by tracepoints, where the host
   * refuses those, 0.1 to 0.2 µs for each send and receive of any socket.
   */
  readonly udpBytes: boolean
  /** Processes whose sends and receives are told one by one. */
  readonly messageTargets: readonly number[]
  /** A process that executes something is a target too, until `refuseTarget` says that it is none. Default false. */
  readonly newTargets?: boolean
}

/**
 * The programs that see each call with its length, loaded only while someone asks for what they count: exits of the
 * protocols' functions where the host allows them, else the socket length tracepoints.
 */
export class Lengths implements Disposable {
  readonly #programs: Programs
  readonly #settings: BpfMap | undefined
  #group: ProgramGroup | undefined
  #mode = ''
  #functionsRefused: boolean
  readonly #functionsOnly: boolean
  readonly #targets = new TargetMap()

  /** @param settings the map `udp_settings`; undefined where the cgroup hooks could not be attached */
  constructor(programs: Programs, settings: BpfMap | undefined, probe?: CallProbe) {
    this.#programs = programs
    this.#settings = settings
    this.#functionsRefused = probe === 'tracepoints'
    this.#functionsOnly = probe === 'functions'
  }

  /**
   * Loads, replaces or unloads the programs.
   *
   * @returns whether UDP bytes are counted from now on
   * @throws {EbpfError}
   */
  configure(options: LengthsOptions): boolean {
    const { newTargets = false } = options
    const tellMessages = newTargets || options.messageTargets.length > 0
    const mode = `${options.udpBytes ? 'udp ' : ''}${tellMessages ? 'messages' : ''}`
    if (mode !== this.#mode) {
      this.#setCounting(false, false)
      this.#group?.[Symbol.dispose]()
      this.#group = mode === '' ? undefined : this.#load(options.udpBytes, tellMessages)
      this.#mode = mode
      // Function exits see the peer themselves; tracepoints need what the cgroup hooks see.
      this.#setCounting(mode !== '' && this.#functionsRefused, options.udpBytes)
    }
    // The table outlives the programs that look into it: those of processes keep it.
    const targets = this.#targetMap()
    if (targets !== undefined) this.#targets.replace(targets, options.messageTargets, newTargets)
    return options.udpBytes
  }

  /** One target more; nothing while messages are not told. @throws {EbpfError} */
  addTarget(pid: number): void {
    const targets = this.#mode.endsWith('messages') ? this.#targetMap() : undefined
    if (targets !== undefined) this.#targets.add(targets, pid)
  }

  /** One target less, unless it has executed something after `untilNs` (CLOCK_MONOTONIC). @throws {EbpfError} */
  refuseTarget(pid: number, untilNs: number): void {
    const targets = this.#targetMap()
    if (targets !== undefined) this.#targets.refuse(targets, pid, untilNs)
  }

  /** Cumulative. */
  drops(): readonly DropCount[] {
    return this.#targets.drops
  }

  [Symbol.dispose](): void {
    this.#group?.[Symbol.dispose]()
    this.#group = undefined
  }

  #load(udpBytes: boolean, tellMessages: boolean): ProgramGroup {
    const prepare = (spec: CollectionSpec): void => {
      spec.variables.get('count_udp')?.set(udpBytes ? 1 : 0)
      spec.variables.get('tell_messages')?.set(tellMessages ? 1 : 0)
    }
    if (!this.#functionsRefused) {
      try {
        return this.#attach(
          'functions',
          tellMessages ? [...UDP_FUNCTIONS, ...TCP_FUNCTIONS] : UDP_FUNCTIONS,
          prepare,
        )
      } catch (error) {
        if (!(error instanceof EbpfError) || this.#functionsOnly) throw error
        this.#functionsRefused = true
      }
    }
    return this.#attach('lengths', TRACEPOINTS, prepare)
  }

  #attach(
    object: 'functions' | 'lengths',
    programs: readonly string[],
    prepare: (spec: CollectionSpec) => void,
  ): ProgramGroup {
    const group = this.#programs.load(object, { programs, prepare })
    try {
      for (const name of programs) group.attach(name)
      return group
    } catch (error) {
      group[Symbol.dispose]()
      throw error
    }
  }

  /** The one moment in which hooks and tracepoints change places. */
  #setCounting(calls: boolean, lengths: boolean): void {
    const settings = new Uint32Array([calls ? 1 : 0, lengths ? 1 : 0])
    this.#settings?.update(new Uint8Array(4), new Uint8Array(settings.buffer))
  }

  /** Undefined where no loaded program has it. */
  #targetMap(): BpfMap | undefined {
    return this.#programs.maps.find(({ name }) => name === 'message_targets')
  }
}
