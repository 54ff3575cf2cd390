// As a person runs it.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

const MAIN = join(import.meta.dirname, '../main.ts')
const KINDS = join(import.meta.dirname, '../../../../guest/kinds')
const folder = mkdtempSync(join(tmpdir(), 'quadrant-schema-gen-'))
after(() => rmSync(folder, { recursive: true }))

function gen(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'schema', 'gen', ...args], {
    encoding: 'utf8',
    cwd: folder,
  })
  return { status, stdout, stderr }
}

test('of a Go file comes what lies beside it, and a check tells what is old', () => {
  cpSync(join(KINDS, 'kinds.go'), join(folder, 'kinds.go'))
  const written = gen('kinds.go', '--out', 'new')
  assert.deepEqual([written.status, written.stdout], [0, ''])
  assert.deepEqual(readdirSync(join(folder, 'new')).sort(), [
    'capnp_runtime.go',
    'kinds.capnp',
    'kinds.ts',
    'kinds_capnp.go',
  ])
  assert.equal(
    readFileSync(join(folder, 'new/kinds_capnp.go'), 'utf8'),
    readFileSync(join(KINDS, 'kinds_capnp.go'), 'utf8'),
  )
  assert.equal(gen('kinds.go', '--out', 'new', '--check').status, 0)
  writeFileSync(join(folder, 'new/kinds.ts'), 'mine')
  const old = gen('kinds.go', '--out', 'new', '--check')
  assert.deepEqual([old.status, old.stdout], [1, 'new/kinds.ts is not what kinds.go gives\n'])
  const kept = gen('kinds.go', '--out', 'new')
  assert.deepEqual([kept.status, readFileSync(join(folder, 'new/kinds.ts'), 'utf8')], [3, 'mine'])
  assert.match(kept.stderr, /^error\[QDR-C015\] new\/kinds\.ts is there, and was not generated/)
})

test('of a schema come Go types that build, and TypeScript', () => {
  writeFileSync(
    join(folder, 'shop.capnp'),
    '@0xdbb9ad1f14bf0b36;\nenum Colour { red @0; green @1; }\n' +
      'struct Order { id @0 :UInt64 = 7; colour @1 :Colour = green; items @2 :List(Item); paid @3 :Bool = true; next @4 :Order; }\n' +
      'struct Item { name @0 :Text; price @1 :Float64 = 1.5; tags @2 :List(Data); }\n',
  )
  assert.equal(gen('shop.capnp', '--lang', 'go,ts', '--package', 'shop', '--out', 'shop').status, 0)
  writeFileSync(join(folder, 'shop/go.mod'), 'module example.com/shop\n\ngo 1.24\n')
  const vet = spawnSync('go', ['vet', '.'], { cwd: join(folder, 'shop'), encoding: 'utf8' })
  if (vet.error === undefined) assert.deepEqual([vet.status, vet.stderr], [0, ''])
  const format = spawnSync('gofmt', ['-l', '.'], { cwd: join(folder, 'shop'), encoding: 'utf8' })
  if (format.error === undefined) assert.equal(format.stdout, '')
})

test('what cannot be generated is told where it stands, and nothing is written', () => {
  writeFileSync(join(folder, 'bad.go'), 'package p\n\ntype T struct {\n\tC chan int\n}\n')
  const bad = gen('bad.go', '--out', 'none')
  assert.equal(bad.status, 1)
  assert.match(
    bad.stdout,
    /^error\[SCHEMA004\] bad\.go:4:4 a channel cannot cross\n {3}C chan int\n[^]*fix: leave the field out/m,
  )
  assert.throws(() => readdirSync(join(folder, 'none')))
  assert.equal(gen('other.txt').status, 2)
  assert.match(gen('missing.go').stderr, /^error\[QDR-C013\]/)
})
