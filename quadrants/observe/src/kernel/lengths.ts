import type { BpfMap } from '@quadrant/ebpf'
import type { ProgramGroup, Programs } from './programs.ts'

export interface LengthsOptions {
  /** Counts every UDP byte and datagram, at 0.1 to 0.2 µs for each send and receive of any socket. */
  readonly udpBytes: boolean
  /** Processes whose sends and receives are told one by one. */
  readonly messageTargets: readonly number[]
}

/** The programs on the socket length tracepoints, loaded only while someone asks for what they count. */
export class Lengths implements Disposable {
  readonly #programs: Programs
  readonly #settings: BpfMap | undefined
  #group: ProgramGroup | undefined
  #mode = ''
  #targets: readonly number[] = []

  /** @param settings the map `udp_settings`; undefined where the cgroup hooks could not be attached */
  constructor(programs: Programs, settings: BpfMap | undefined) {
    this.#programs = programs
    this.#settings = settings
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
      this.#setCounting(mode !== '', options.udpBytes)
    }
    if (tellMessages) this.#setTargets(options.messageTargets)
    return options.udpBytes
  }

  [Symbol.dispose](): void {
    this.#group?.[Symbol.dispose]()
    this.#group = undefined
  }

  #load(udpBytes: boolean, tellMessages: boolean): ProgramGroup {
    const group = this.#programs.load('lengths', {
      prepare(spec) {
        spec.variables.get('count_udp')?.set(udpBytes ? 1 : 0)
        spec.variables.get('tell_messages')?.set(tellMessages ? 1 : 0)
      },
    })
    try {
      group.attach('send_length')
      group.attach('receive_length')
    } catch (error) {
      group[Symbol.dispose]()
      throw error
    }
    return group
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
