import { type BpfMap, type CollectionSpec, EbpfError } from '@quadrant/ebpf'
import type { ProgramGroup, Programs } from './programs.ts'

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
  #targets: readonly number[] = []

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
    const tellMessages = options.messageTargets.length > 0
    const mode = `${options.udpBytes ? 'udp ' : ''}${tellMessages ? 'messages' : ''}`
    if (mode !== this.#mode) {
      this.#setCounting(false, false)
      this.#group?.[Symbol.dispose]()
      this.#group = mode === '' ? undefined : this.#load(options.udpBytes, tellMessages)
      this.#mode = mode
      this.#targets = []
      // Function exits see the peer themselves; tracepoints need what the cgroup hooks see.
      this.#setCounting(mode !== '' && this.#functionsRefused, options.udpBytes)
    }
    if (tellMessages) this.#setTargets(options.messageTargets)
    return options.udpBytes
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

  #setTargets(targets: readonly number[]): void {
    const map = this.#programs.map('message_targets')
    const one = new Uint8Array(new Uint32Array([1]).buffer)
    for (const pid of this.#targets) if (!targets.includes(pid)) map.delete(pidKey(pid))
    for (const pid of targets.slice(0, map.maxEntries)) map.update(pidKey(pid), one)
    this.#targets = [...targets]
  }
}

function pidKey(pid: number): Uint8Array {
  return new Uint8Array(new Uint32Array([pid]).buffer)
}
