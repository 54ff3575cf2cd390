import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bytesSource, type GoBinary, openGoBinary, runtimeLayout } from '@quadrant/golang'
import type { GoTarget } from '../go-target.ts'

const SOURCES = join(import.meta.dirname, '../../../../../guest/testprog')

/** Something, so that it stands before the flags of a person's own settings, which an old toolchain may not know. */
const PLAIN_FLAGS = '-mod=mod'

/** How it is built. */
export interface GoBuild {
  readonly name: string
  readonly args?: readonly string[]
  readonly cgo?: boolean
  readonly strip?: boolean
  /** Default `local`. */
  readonly toolchain?: string
  readonly architecture?: 'amd64' | 'arm64'
}

/** With what was read of its executable. */
export type ReadTarget = GoTarget & { readonly binary: GoBinary }

/** A program of guest/testprog that needs no other of its packages, built in a folder of its own. */
export class BuiltProgram implements Disposable {
  readonly #folder: string
  readonly path: string
  #binary: GoBinary | undefined

  /** @throws {Error} with nothing left behind when it cannot be built */
  constructor(program: string, build: GoBuild) {
    this.#folder = mkdtempSync(join(tmpdir(), `quadrant-${program}-`))
    this.path = join(this.#folder, build.name.replaceAll(/\W+/g, '-'))
    try {
      this.#build(program, build)
    } catch (error) {
      this[Symbol.dispose]()
      throw error
    }
  }

  #build(
    program: string,
    { args = [], cgo = false, strip, toolchain = 'local', architecture }: GoBuild,
  ): void {
    const source = join(this.#folder, 'source')
    mkdirSync(source)
    cpSync(join(SOURCES, program), source, { recursive: true })
    writeFileSync(join(source, 'go.mod'), `module example.com/${program}\n\ngo 1.20\n`)
    execFileSync('go', ['build', ...args, '-o', this.path, '.'], {
      cwd: source,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        ...process.env,
        GOFLAGS: PLAIN_FLAGS,
        GOTOOLCHAIN: toolchain,
        CGO_ENABLED: cgo ? '1' : '0',
        ...(architecture ? { GOARCH: architecture } : {}),
      },
    })
    if (strip) execFileSync('strip', [this.path])
  }

  get binary(): GoBinary {
    this.#binary ??= openGoBinary(bytesSource(readFileSync(this.path)))
    return this.#binary
  }

  get goVersion(): string {
    return this.binary.buildInfo!.goVersion
  }

  target(pid: number): ReadTarget {
    const { binary } = this
    return {
      pid,
      key: `${pid}@0`,
      path: `/proc/${pid}/exe`,
      binary,
      layout: runtimeLayout(this.goVersion, binary.image.architecture),
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
