import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const GUESTS = join(import.meta.dirname, '../../../../guest')

/** Why a program of guest/ cannot be built here, or false. */
export function guestMissing(name: string): string | false {
  if (spawnSync('go', ['version'], { stdio: 'ignore' }).status !== 0) return 'go is not installed'
  const modules = spawnSync('go', ['mod', 'download'], { cwd: join(GUESTS, name), encoding: 'utf8' })
  return modules.status === 0
    ? false
    : `its Go modules cannot be had: ${modules.stderr.trim().split('\n')[0]}`
}

/** A program of guest/ with modules of its own, built. */
export class GuestProgram implements Disposable {
  readonly program: string
  readonly #folder: string

  constructor(name: string) {
    this.#folder = mkdtempSync(join(tmpdir(), `quadrant-${name}-`))
    this.program = join(this.#folder, name)
    const built = spawnSync('go', ['build', '-o', this.program, '.'], {
      cwd: join(GUESTS, name),
      encoding: 'utf8',
    })
    if (built.status !== 0) throw new Error(built.stderr)
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true })
  }
}
