// What is told of modules is what other tools say of them.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { NO_GO, wasiPrograms } from '../testing/wasi-programs.ts'

const MAIN = join(import.meta.dirname, '../main.ts')
const skip = NO_GO
const { folder, path } = wasiPrograms(['wasiprog'], ['-ldflags=-s -w'])
const program = path('wasiprog')

function inspect(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'wasm', 'inspect', ...args], {
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

test('a Go program is told with its digest, toolchain, module and what it asks for', { skip }, () => {
  const bytes = readFileSync(program)
  const { status, stdout } = inspect(program, '-o', 'json')
  assert.equal(status, 0)
  const report = JSON.parse(stdout) as Record<string, unknown>
  const version = execFileSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' }).trim()
  assert.partialDeepStrictEqual(report, {
    digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    bytes: bytes.length,
    abi: 'wasi-command',
    hasNames: false,
    hasStartFunction: false,
    producers: [{ field: 'language', name: 'Go', version }],
    go: { path: 'example.com/wasiprog', main: { path: 'example.com/wasiprog' } },
  })
  const imports = (report['capabilities'] as { name: string; imports: string[] }[]).flatMap(
    (each) => each.imports,
  )
  // What the engine says of the same bytes.
  const engine = WebAssembly as unknown as {
    Module: (new (bytes: Uint8Array) => object) & {
      imports(module: object): { module: string; name: string }[]
    }
  }
  const expected = engine.Module.imports(new engine.Module(bytes)).map(
    ({ module, name }) => `${module}.${name}`,
  )
  assert.deepEqual(imports.toSorted(), [...new Set(expected)].toSorted())
  const text = inspect(program).stdout
  assert.match(text, /^kind +a program of WASI preview 1/m)
  assert.match(text, /^names +stripped/m)
  assert.match(text, /^ {2}files .*path_open/m)
})

test('what is no module is refused with what it is', () => {
  const file = join(folder, 'file')
  for (const [content, message] of [
    ['text', /^error\[QDR-C018\] .* is no module: it does not begin/],
    [Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0), /^error\[QDR-C018\] .* component \(preview 2\)/],
  ] as const) {
    writeFileSync(file, content)
    const { status, stderr } = inspect(file)
    assert.deepEqual([status, message.test(stderr)], [3, true], stderr)
  }
  assert.match(inspect(join(folder, 'missing')).stderr, /^error\[QDR-C013\] /)
})
