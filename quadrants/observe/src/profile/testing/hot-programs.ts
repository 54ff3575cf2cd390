import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readCapabilities } from '@quadrant/ebpf'

const GO_SOURCE = join(import.meta.dirname, '../../../../../guest/testprog')
const C_SOURCE = join(import.meta.dirname, '../../../testdata/hotloop.c')

/** For `test`'s options: why tests that sample cannot run here. */
export const NEEDS_ROOT: { readonly skip: string | false } = {
  skip:
    process.getuid?.() === 0 && readCapabilities().effective.includes('sys_admin')
      ? false
      : 'needs root with CAP_SYS_ADMIN',
}
export const NEEDS_GO: { readonly skip: string | false } = {
  skip: NEEDS_ROOT.skip || missing('go', 'version'),
}
export const NEEDS_CLANG: { readonly skip: string | false } = {
  skip: NEEDS_ROOT.skip || missing('clang', '--version'),
}

function missing(command: string, argument: string): string | false {
  return spawnSync(command, [argument], { stdio: 'ignore' }).status === 0
    ? false
    : `${command} is not installed`
}

export interface GoBuild {
  readonly args?: readonly string[]
  readonly cgo?: boolean
  readonly strip?: boolean
}

/** Programs that spend their time in one function, built where they are needed. */
export class HotPrograms implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'quadrant-hot-'))
  #count = 0

  /** guest/testprog/NAME. */
  go({ args = [], cgo = false, strip = false }: GoBuild = {}, name = 'hotloop'): string {
    const program = join(this.folder, `${name}-${this.#count++}`)
    execFileSync('go', ['build', ...args, '-o', program, `./${name}`], {
      cwd: GO_SOURCE,
      env: { ...process.env, CGO_ENABLED: cgo ? '1' : '0' },
    })
    if (strip) execFileSync('strip', [program])
    return program
  }

  c(...args: readonly string[]): string {
    const program = join(this.folder, `chot-${this.#count++}`)
    execFileSync('clang', [...args, C_SOURCE, '-o', program])
    return program
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export interface Finished {
  readonly pid: number
  readonly stdout: string
}

/** Runs a program to its end. */
export async function runToEnd(command: readonly string[]): Promise<Finished> {
  const child = spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] })
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`${command.join(' ')}: exit code ${code}`)
  return { pid: child.pid!, stdout }
}
