import {
  bytesSource,
  runtimeLayout,
  type Architecture,
  type ByteSource,
  type RuntimeLayout,
} from '@quadrant/golang'
import type { Build } from '@quadrant/proto'
import type { BuildIdentity } from './build-id.ts'
import type { ExeFile, ExeKey } from './exe-file.ts'
import type { ReadExe } from './exe-order.ts'
import { otherRuntime } from './runtime-kind.ts'
import { toldText } from './told-text.ts'

/** Executables known at once. */
export const EXECUTABLES_MAX = 4096
/** What is told of them, as its texts are long. */
export const EXECUTABLE_BYTES_MAX = 32 << 20

/** A file that processes run, as it was read. */
export interface Executable {
  readonly key: ExeKey
  readonly build: Build
  readonly identity: BuildIdentity
  /** Of a Go program whose runtime is where we know. */
  readonly layout: RuntimeLayout | undefined
  /** Its ELF header. */
  readonly header: ByteSource
  /** About how many bytes it takes to know it. */
  readonly bytes: number
  /** Processes that run it. */
  users: number
}

export interface ExecutablesOptions {
  /** Default {@link EXECUTABLES_MAX}. */
  readonly executables?: number
  /** Default {@link EXECUTABLE_BYTES_MAX}. */
  readonly bytes?: number
}

/** The executables of this host's processes, each read once; those that nobody runs are forgotten first. */
export class Executables {
  readonly #limit: number
  readonly #bytesMax: number
  /** The one that was met last is the last. */
  readonly #known = new Map<ExeKey, Executable>()
  /** Files that were no Go programs: most of what a shell script runs is over before more is to be known. */
  readonly #otherKeys = new Set<ExeKey>()
  #bytes = 0
  #readCount = 0

  constructor(options: ExecutablesOptions = {}) {
    this.#limit = options.executables ?? EXECUTABLES_MAX
    this.#bytesMax = options.bytes ?? EXECUTABLE_BYTES_MAX
  }

  get count(): number {
    return this.#known.size
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Files that were read whole, so far. */
  get readCount(): number {
    return this.#readCount
  }

  /** What is known of a file by its key alone. */
  peek(key: ExeKey): Executable | undefined {
    return this.#known.get(key)
  }

  /** Whether it was read and is no Go program: what else it is is known once a process has mapped its libraries. */
  isOther(key: ExeKey): boolean {
    return this.#otherKeys.has(key)
  }

  /** What was read of a file that still says that it is this build. */
  find(key: ExeKey, buildId: string): Executable | undefined {
    const known = this.#known.get(key)
    if (known === undefined) return undefined
    if (buildId !== known.identity.id) {
      this.#forget(known)
      return undefined
    }
    this.#known.delete(key)
    this.#known.set(key, known)
    return known
  }

  /**
   * Adds what was read of a file: `limit` where there is no room for another, `unsettled` where it is no Go program and
   * what it has mapped is not known yet.
   *
   * @param path as the process sees it
   * @param mapped paths of files that the process has mapped
   */
  add(
    { key, path }: Pick<ExeFile, 'key' | 'path'>,
    { build, identity, goVersion, header }: ReadExe,
    mapped: (() => readonly string[]) | undefined,
  ): Executable | 'limit' | 'unsettled' {
    this.#readCount++
    if (build.runtime === '') {
      if (mapped === undefined) {
        if (this.#otherKeys.size >= this.#limit) this.#otherKeys.clear()
        this.#otherKeys.add(key)
        return 'unsettled'
      }
      const { runtime, version, evidence } = otherRuntime(path, mapped())
      build.runtime = runtime
      build.runtimeVersion = toldText(version)
      build.runtimeEvidence = toldText(evidence)
      build.refusal ||= 'of runtimes, only that of Go is observed'
    }
    const bytes = bytesOf(build)
    if (!this.#makeRoom(bytes)) return 'limit'
    const layout =
      goVersion === undefined ? undefined : runtimeLayout(goVersion, build.architecture as Architecture)
    const executable = { key, build, identity, layout, header: bytesSource(header), bytes, users: 0 }
    const before = this.#known.get(key)
    if (before) this.#forget(before)
    this.#known.set(key, executable)
    this.#bytes += bytes
    return executable
  }

  #makeRoom(bytes: number): boolean {
    const isFull = () => this.#known.size >= this.#limit || this.#bytes + bytes > this.#bytesMax
    if (!isFull()) return true
    for (const executable of this.#known.values()) {
      if (executable.users === 0) this.#forget(executable)
      if (!isFull()) return true
    }
    return false
  }

  #forget(executable: Executable): void {
    if (this.#known.get(executable.key) !== executable) return
    this.#known.delete(executable.key)
    this.#bytes -= executable.bytes
  }
}

/** Two bytes a character at most, and some for each object. */
function bytesOf({ dependencies, settings }: Build): number {
  const modules = dependencies.reduce(
    (sum, { path, version, sum: hash }) => sum + path.length + version.length + hash.length + 128,
    0,
  )
  return (
    2048 + 2 * modules + 2 * settings.reduce((sum, { key, value }) => sum + key.length + value.length + 64, 0)
  )
}
