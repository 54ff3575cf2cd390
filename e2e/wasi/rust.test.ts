// What Rust's standard library does under preview 1 (guest/wasirust): the same lines as under wasmtime.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { OURS, WASMTIME_PEER, withoutWasmtime, type Runtime } from './runtime.ts'

const SOURCE = join(import.meta.dirname, '../../guest/wasirust/main.rs')
const TARGET = 'wasm32-wasip1'

function withoutRust(): string | false {
  const { status, stdout } = spawnSync('rustc', ['--print', 'target-libdir', '--target', TARGET], {
    encoding: 'utf8',
  })
  return status === 0 && existsSync(stdout.trim()) ? false : `needs Rust: rustup target add ${TARGET}`
}

test(
  "Rust's standard library does what it does under wasmtime",
  { skip: withoutWasmtime() || withoutRust() },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'quadrant-wasirust-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const program = join(folder, 'main.wasm')
    execFileSync('rustc', ['--edition', '2024', '--target', TARGET, '-O', SOURCE, '-o', program], {
      stdio: 'pipe',
    })
    const run = (runtime: Runtime) => {
      const [rw, ro] = ['rw', 'ro'].map((name) => join(folder, runtime.name, name)) as [string, string]
      for (const path of [rw, ro]) mkdirSync(path, { recursive: true })
      writeFileSync(join(ro, 'file'), 'text')
      symlinkSync('file', join(ro, 'link'))
      return runtime.run({
        program,
        args: ['one', 'zwei'],
        directories: { '/rw': rw },
        readOnlyDirectories: { '/ro': ro },
        env: { B: '2', A: '1' },
        timeoutMs: 60_000,
      })
    }
    const [ours, theirs] = [await run(OURS), await run(WASMTIME_PEER)]
    assert.equal(ours.stdout, theirs.stdout)
    assert.deepEqual([ours.exit, ours.stderr], [42, ''])
    assert.equal(theirs.exit, 42)
    assert.match(ours.stdout, /names at last: \["file", "hard"\]\n$/)
  },
)
