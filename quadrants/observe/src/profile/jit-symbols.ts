import { statSync } from 'node:fs'
import { join } from 'node:path'
import { elfFunctionAt } from '@quadrant/golang'
import { FRAME_KIND } from './kinds.ts'
import { type Location, plainLocation } from './location.ts'
import { parsePerfMap } from './perf-map.ts'
import type { ProcessImage } from './process-image.ts'
import { readBounded } from './read-bounded.ts'
import { NO_SYMBOLS, symbolListBytes, type SymbolList } from './symbol-list.ts'

/** Of one perf map. */
const FILE_BYTES_MAX = 64 << 20
/** Of all that are held; the least recently used given up first. */
const BYTES_MAX = 32 << 20
/** Processes whose perf map was looked for. */
const PROCESSES_MAX = 2048

/** Processes that write no map are looked at again so often: they can be told to begin. */
const LOOK_AGAIN_MS = 5000

/** A map that grows is read again after so many times as long as that takes: a twentieth of a core at most. */
const READ_AGAIN_FACTOR = 20
const READ_AGAIN_MS = 200

interface PerfMap {
  list: SymbolList
  /** Of the file when it was read. */
  state: string
  readAgainAtMs: number
}

/** Code that runtimes make while they run, by the perf maps that they write where they are told to. */
export class JitSymbols {
  readonly #procRoot: string
  readonly #maps = new Map<ProcessImage, PerfMap>()
  #lookAgainAtMs = -Infinity

  constructor(procRoot: string) {
    this.#procRoot = procRoot
  }

  get byteLength(): number {
    let bytes = 0
    for (const { list } of this.#maps.values()) bytes += symbolListBytes(list)
    return bytes
  }

  /** Whether it writes a perf map: what that does not have may be there in a moment. */
  writesMap(image: ProcessImage): boolean {
    return this.#maps.get(image)?.state !== ''
  }

  /** Finds processes that have begun to write a map. */
  refresh(nowMs: number): void {
    if (nowMs < this.#lookAgainAtMs) return
    this.#lookAgainAtMs = nowMs + LOOK_AGAIN_MS
    for (const [image, { state }] of this.#maps)
      if (state === '' && stateOf(image, this.#procRoot) !== undefined) image.forgetLocations()
  }

  /** Undefined where its perf map does not have the address, or it writes none. */
  locationAt(image: ProcessImage, address: number, nowMs: number): Location | undefined {
    const map = this.#mapOf(image)
    let symbol = elfFunctionAt(map.list, address)
    if (symbol === undefined && this.#read(image, map, nowMs)) symbol = elfFunctionAt(map.list, address)
    return symbol && jitLocation(symbol.name)
  }

  #mapOf(image: ProcessImage): PerfMap {
    let map = this.#maps.get(image)
    if (map === undefined) {
      map = { list: NO_SYMBOLS, state: '', readAgainAtMs: -Infinity }
      if (this.#maps.size >= PROCESSES_MAX) this.#maps.delete(this.#maps.keys().next().value!)
    } else this.#maps.delete(image)
    this.#maps.set(image, map)
    return map
  }

  /** Reads a map that has changed. */
  #read(image: ProcessImage, map: PerfMap, nowMs: number): boolean {
    if (nowMs < map.readAgainAtMs) return false
    map.readAgainAtMs = nowMs + READ_AGAIN_MS
    const state = stateOf(image, this.#procRoot)
    if (state === undefined || state === map.state) return false
    const begin = performance.now()
    const bytes = readBounded(pathOf(image, this.#procRoot), FILE_BYTES_MAX)
    if (bytes === undefined) return false
    map.list = parsePerfMap(bytes).value
    map.state = state
    map.readAgainAtMs += (performance.now() - begin) * READ_AGAIN_FACTOR
    image.forgetLocations()
    this.#trim()
    return true
  }

  #trim(): void {
    let bytes = this.byteLength
    for (const [image, { list }] of this.#maps) {
      if (bytes <= BYTES_MAX) return
      bytes -= symbolListBytes(list)
      this.#maps.delete(image)
    }
  }
}

function pathOf({ id, status }: ProcessImage, procRoot: string): string {
  // Its own root: the folder that it sees as the temporary one.
  return join(procRoot, String(id.pid), 'root', 'tmp', `perf-${status?.ownPid ?? id.pid}.map`)
}

/** What tells whether a map was written since. Others may write into its folder: only a file of its own user counts. */
function stateOf(image: ProcessImage, procRoot: string): string | undefined {
  try {
    // Most processes write none: that is no exception.
    const stats = statSync(pathOf(image, procRoot), { throwIfNoEntry: false })
    if (stats === undefined) return undefined
    const isOwn = stats.uid === 0 || stats.uid === image.status?.uid
    return stats.isFile() && isOwn ? `${stats.ino} ${stats.size} ${stats.mtimeMs}` : undefined
  } catch {
    return undefined
  }
}

/** `JS:*name /path/file.js:12:34`: V8's kinds of code, the marks of its tier, and where the function begins. */
const V8_NAME = /^(?:JS|LazyCompile|Function|Eval|Script):[~^+*'o]{0,2}(.*?)(?: (\S.*?):(\d{1,9}):\d{1,9})?$/

function jitLocation(text: string): Location {
  const match = V8_NAME.exec(text)
  const file = match?.[2] ?? ''
  return plainLocation({
    function: match === null ? text : match[1] || '(anonymous)',
    file,
    line: Number(match?.[3] ?? 0),
    module: jitModule(file),
    kind: FRAME_KIND.jit,
  })
}

/** The npm package that a file is of. */
function jitModule(file: string): string {
  if (file.startsWith('node:')) return 'node'
  const path = file.slice(file.lastIndexOf('/node_modules/') + 1)
  return /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? '[jit]'
}
