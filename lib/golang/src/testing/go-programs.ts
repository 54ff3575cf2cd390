import { execFileSync, spawnSync } from 'node:child_process'
import {
  closeSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before } from 'node:test'
import { TOOLCHAINS } from '../../generate/toolchain.ts'
import { openGoBinary, type GoBinary } from '../go-binary.ts'
import { fileSource } from './file-source.ts'

const GUEST = join(import.meta.dirname, '../../../../guest/testprog/gcload')
const TRUTH = join(import.meta.dirname, '../../testdata/truth')

/** Something, so that it stands before the flags of a person's own settings, which an old toolchain may not know. */
const PLAIN_FLAGS = '-mod=mod'

/** A way to build a program. */
export interface Variant {
  readonly name: string
  readonly args?: readonly string[]
  readonly cgo?: boolean
  /** strip(1) afterwards. */
  readonly strip?: boolean
  readonly architecture?: 'amd64' | 'arm64'
}

export const VARIANTS: readonly Variant[] = [
  { name: 'plain' },
  { name: 'ldflags -s -w', args: ['-ldflags=-s -w'] },
  { name: 'stripped', strip: true },
  { name: 'pie', args: ['-buildmode=pie'] },
  { name: 'pie stripped', args: ['-buildmode=pie'], strip: true },
  { name: 'cgo', cgo: true },
  { name: 'cgo pie', args: ['-buildmode=pie'], cgo: true },
  { name: 'cgo pie stripped', args: ['-buildmode=pie'], cgo: true, strip: true },
]

/**
 * The toolchains that tests run with: the system's own, and with QUADRANT_TOOLCHAINS=all also those that the table of
 * layouts was read from, which are downloaded.
 */
export const TEST_TOOLCHAINS: readonly string[] =
  process.env['QUADRANT_TOOLCHAINS'] === 'all'
    ? ['local', ...TOOLCHAINS.map(([, version]) => version!)]
    : ['local']

/** For `test`'s options: why tests with Go programs cannot run here. */
export const NEEDS_GO: { readonly skip: string | false } = {
  skip: spawnSync('go', ['version'], { stdio: 'ignore' }).status === 0 ? false : 'go is not installed',
}

/** Why a variant cannot be built here. */
export function whyNot({ cgo, strip }: Variant): string | false {
  if (NEEDS_GO.skip !== false) return NEEDS_GO.skip
  if (cgo && spawnSync('cc', ['--version'], { stdio: 'ignore' }).status !== 0) return 'no C compiler'
  return strip && spawnSync('strip', ['--version'], { stdio: 'ignore' }).status !== 0 ? 'no strip' : false
}

/** Programs that are built for the tests of one file, and gone after them. */
export class GoPrograms {
  readonly #built = new Map<string, string>()
  readonly #open: number[] = []
  #folder = ''

  constructor() {
    before(() => {
      this.#folder = mkdtempSync(join(tmpdir(), 'quadrant-golang-'))
    })
    after(() => {
      for (const fd of this.#open) closeSync(fd)
      rmSync(this.#folder, { recursive: true })
    })
  }

  /** A folder of its own name that is removed after the tests. */
  folder(name: string): string {
    const folder = join(this.#folder, name)
    mkdirSync(folder, { recursive: true })
    return folder
  }

  /** guest/testprog/gcload, built this way. */
  build(variant: Variant, toolchain = 'local'): string {
    const key = `${toolchain} ${variant.name}`.replaceAll(/\W+/g, '-')
    const known = this.#built.get(key)
    if (known !== undefined) return known
    const source = this.folder('gcload')
    cpSync(GUEST, source, { recursive: true })
    // From 1.18 to 1.20, a file's build tag alone does not give it generic functions.
    const language = /^go1\.1[67]\b/.test(toolchain) ? '1.16' : '1.18'
    writeFileSync(join(source, 'go.mod'), `module example.com/gcload\n\ngo ${language}\n`)
    const program = join(this.#folder, key)
    this.go(['build', ...(variant.args ?? []), '-o', program, '.'], source, {
      GOTOOLCHAIN: toolchain,
      CGO_ENABLED: variant.cgo ? '1' : '0',
      ...(variant.architecture ? { GOARCH: variant.architecture } : {}),
    })
    if (variant.strip) {
      const unstripped = `${program}-unstripped`
      copyFileSync(program, unstripped)
      execFileSync('strip', [program])
      this.#built.set(`${key}-unstripped`, unstripped)
    }
    this.#built.set(key, program)
    return program
  }

  /** What a stripped program was before. */
  unstripped(variant: Variant, toolchain = 'local'): string {
    const program = this.build(variant, toolchain)
    return variant.strip ? `${program}-unstripped` : program
  }

  /** The answer of testdata/truth: what Go's own packages make of the same bytes. */
  truth(args: readonly string[], input?: string): string {
    const program = join(this.#folder, 'truth')
    if (!this.#built.has('truth')) {
      this.go(['build', '-o', program, '.'], TRUTH, {})
      this.#built.set('truth', program)
    }
    return execFileSync(program, args, { encoding: 'utf8', input, maxBuffer: 1 << 28 })
  }

  go(args: readonly string[], cwd: string, environment: Readonly<Record<string, string>>): string {
    return execFileSync('go', args, {
      cwd,
      encoding: 'utf8',
      env: { ...process.env, GOFLAGS: PLAIN_FLAGS, ...environment },
      maxBuffer: 1 << 28,
    })
  }

  open(program: string): GoBinary {
    const fd = openSync(program, 'r')
    this.#open.push(fd)
    return openGoBinary(fileSource(fd))
  }
}
