import { readText } from '../discover/proc-files.ts'
import type { Location } from './location.ts'
import { mappingAt, parseProcessMaps, type Mapping } from './process-maps.ts'
import { parseProcessStatus, parseStartStack, type ProcessStatus } from './process-status.ts'
import { readBounded } from './read-bounded.ts'

/** A process from one exec to the next, as the kernel program tells it. */
export interface ImageId {
  readonly pid: number
  /** Clock ticks (1/100 s) since boot. */
  readonly startTicks: number
  /** 0 for a kernel thread. */
  readonly startStack: number
}

/** One mapping is a line of some 100 bytes. */
const MAPS_BYTES_MAX = 16 << 20

/** Addresses that are remembered of one process. */
const LOCATIONS_MAX = 16_384

/** Code without frame pointers gives addresses of nothing all the time: each time for nothing doubles the wait. */
const READ_AGAIN_MS = { least: 1000, most: 60_000 } as const

const utf8 = new TextDecoder()

/** A running program's code in memory: its mappings, read when it is first met and again where an address is in none. */
export class ProcessImage {
  readonly id: ImageId
  /** Undefined until they could be read. */
  mappings: readonly Mapping[] | undefined
  status: ProcessStatus | undefined
  /** Counts upwards where what was remembered of its addresses is no longer to be believed. */
  codeVersion = 0
  readonly #procRoot: string
  readonly #locations = new Map<number, Location>()
  #text = ''
  #waitMs: number = READ_AGAIN_MS.least
  #readAgainAtMs = -Infinity

  constructor(id: ImageId, procRoot: string) {
    this.id = id
    this.#procRoot = procRoot
  }

  /**
   * Reads the mappings, unless that was tried a moment ago: those of the very program, not of what the process
   * executes meanwhile. @returns whether there are other ones than before
   */
  read(nowMs: number): boolean {
    if (this.id.startStack === 0 || nowMs < this.#readAgainAtMs) return false
    this.#readAgainAtMs = nowMs + this.#waitMs
    this.#waitMs = Math.min(this.#waitMs * 2, READ_AGAIN_MS.most)
    const status = this.#readStatus()
    if (status === undefined) return false
    const bytes = readBounded(`${this.#procRoot}/${this.id.pid}/maps`, MAPS_BYTES_MAX)
    if (bytes === undefined || bytes.length === 0 || !this.#isStillIt()) return false
    const text = utf8.decode(bytes)
    if (text === this.#text) return false
    this.#waitMs = READ_AGAIN_MS.least
    this.#text = text.length < 1 << 16 ? text : ''
    this.status = status
    this.mappings = parseProcessMaps(text).value
    this.forgetLocations()
    return true
  }

  mappingAt(address: number): Mapping | undefined {
    return this.mappings && mappingAt(this.mappings, address)
  }

  /** What was remembered of an address. */
  locationAt(address: number): Location | undefined {
    return this.#locations.get(address)
  }

  remember(address: number, location: Location): void {
    if (this.#locations.size >= LOCATIONS_MAX) this.#locations.clear()
    this.#locations.set(address, location)
  }

  forgetLocations(): void {
    this.codeVersion++
    this.#locations.clear()
  }

  /** False where the process has ended, or executes something else. */
  #isStillIt(): boolean {
    return parseStartStack(readText(`${this.#procRoot}/${this.id.pid}/stat`)) === this.id.startStack
  }

  /** Undefined then. */
  #readStatus(): ProcessStatus | undefined {
    const folder = `${this.#procRoot}/${this.id.pid}`
    const status = parseProcessStatus(readText(`${folder}/stat`), readText(`${folder}/status`))
    return status?.startStack === this.id.startStack ? status : undefined
  }
}
