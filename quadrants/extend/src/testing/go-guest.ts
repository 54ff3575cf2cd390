import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CollectedOutput, compileCommand, runCommand, type CommandOptions } from '@quadrant/wasm'

const SOURCE = join(import.meta.dirname, '../../../../guest/nnprog')

/** For `test`'s options: why tests with Go programs cannot run here. */
export const NEEDS_GO: { readonly skip: string | false } = {
  skip: spawnSync('go', ['version'], { stdio: 'ignore' }).status === 0 ? false : 'go is not installed',
}

let compiled: Promise<WebAssembly.Module> | undefined

/** Runs guest/nnprog, which is built once a test file. */
export async function runGuest(args: readonly string[], options: CommandOptions = {}) {
  compiled ??= compileCommand(build())
  const stdout = new CollectedOutput()
  const stderr = new CollectedOutput()
  const result = await runCommand(await compiled, { args: ['nnprog', ...args], stdout, stderr, ...options })
  return { result, stdout: stdout.text, stderr: stderr.text }
}

function build(): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-nn-'))
  try {
    const program = join(folder, 'prog.wasm')
    execFileSync('go', ['build', '-o', program, '.'], {
      cwd: SOURCE,
      env: { ...process.env, GOOS: 'wasip1', GOARCH: 'wasm', GOFLAGS: '-buildvcs=false' },
    })
    return readFileSync(program)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
