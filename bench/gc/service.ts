import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bytesSource, openGoBinary, runtimeLayout, type GoBinary } from '@quadrant/golang'
import type { GoTarget } from '@quadrant/observe'
import { LineProcess } from '../line-process.ts'
import { build } from '../toolchain.ts'

/** What the service did in a slice, in its own words. */
export interface ServiceSlice {
  readonly cycles: number
  readonly operations: number
  readonly cpuNs: number
  readonly pollCpuNs: number
  readonly wallNs: number
  readonly delaysNs: readonly number[]
}

/** The Go program of bench/gc, built once for a run. */
export class GcProgram implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'quadrant-bench-'))
  readonly path = join(this.#folder, 'service')
  readonly binary: GoBinary

  constructor() {
    build('go', ['build', '-o', this.path, '.'], import.meta.dirname)
    this.binary = openGoBinary(bytesSource(readFileSync(this.path)))
  }

  /** A copy that keeps so much. */
  async start(liveMib: number): Promise<GcService> {
    const process = new LineProcess([this.path, String(liveMib)])
    await process.read()
    return new GcService(process, this.binary)
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

export class GcService implements AsyncDisposable {
  readonly target: GoTarget
  readonly #process: LineProcess

  constructor(process: LineProcess, binary: GoBinary) {
    this.#process = process
    const { pid } = process
    this.target = {
      pid,
      key: `${pid}@0`,
      path: `/proc/${pid}/exe`,
      binary,
      // A toolchain that is newer than our tables does for a benchmark: cycles are counted beside.
      layout: runtimeLayout(binary.buildInfo!.goVersion, binary.image.architecture, { allowNewer: true }),
    }
  }

  idle(milliseconds: number, mibPerSecond: number): Promise<ServiceSlice> {
    return this.#process.ask(`idle ${milliseconds} ${mibPerSecond}`)
  }

  poll(milliseconds: number, mibPerSecond: number): Promise<ServiceSlice> {
    return this.#process.ask(`poll ${milliseconds} ${mibPerSecond}`)
  }

  work(milliseconds: number): Promise<ServiceSlice> {
    return this.#process.ask(`work ${milliseconds}`)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]()
  }
}
