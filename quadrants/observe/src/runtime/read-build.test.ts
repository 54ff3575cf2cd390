// What is read of executables, against what Go's own tools say of the same files.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { bytesSource, GolangError } from '@quadrant/golang'
import { parseCoordinate } from '@quadrant/core'
import { create, toBinary } from '@bufbuild/protobuf'
import { RuntimeBatchSchema } from '@quadrant/proto'
import fc from 'fast-check'
import { buildFacts } from './build-facts.ts'
import { moduleTextDigest } from './build-text.ts'
import { Gcload } from './gc/testing/gcload.ts'
import { goVersionName, readBuild } from './read-build.ts'
import { NEEDS_GO } from './testing/needs-go.ts'

const folder = mkdtempSync(join(tmpdir(), 'quadrant-build-'))
after(() => rmSync(folder, { recursive: true }))

const read = (path: string) => readBuild(bytesSource(readFileSync(path)), path)
const go = (...args: readonly string[]) =>
  execFileSync('go', args, { encoding: 'utf8', env: { ...process.env, GOFLAGS: '-mod=mod' } })
const sha256 = (content: string) => createHash('sha256').update(content).digest('hex')

/** `go version -m` without its first line, which names the file. */
function moduleText(path: string): string {
  const text = go('version', '-m', path)
  return text.slice(text.indexOf('\n') + 1)
}

for (const build of [
  { name: 'plain' },
  { name: 'ldflags -s -w', args: ['-ldflags=-s -w'] },
  { name: 'pie stripped', args: ['-buildmode=pie'], strip: true },
  { name: 'settings with blanks', args: ['-ldflags=-X "main.a=b c"'] },
])
  test(
    `a Go program, ${build.name}: its builds ids and modules are those that Go's tools tell`,
    NEEDS_GO,
    () => {
      using program = new Gcload(build)
      const { build: told, identity, binary, goVersion } = read(program.path)
      const goBuildId = go('tool', 'buildid', program.path).trim()
      assert.equal(told.goBuildId, goBuildId)
      const bytes = readFileSync(program.path)
      assert.match(
        identity.evidence,
        new RegExp(`^go-build-id:${goBuildId} size:${bytes.length} sample:sha256:[0-9a-f]{64}$`),
      )
      // A copy elsewhere is the same build.
      assert.equal(readBuild(bytesSource(bytes), '/another/path').build.id, told.id)
      assert.equal(moduleTextDigest(told), `sha256:${sha256(moduleText(program.path))}`)
      assert.equal(`${program.path}: ${told.runtimeVersion}`, go('version', program.path).trim())
      assert.equal(told.stripped, build.name !== 'plain' && build.name !== 'settings with blanks')
      assert.deepEqual([told.runtime, told.refusal, told.mainPackage], ['go', '', 'example.com/gcload'])
      assert.equal(told.functions, binary!.functions.header.functionCount)
      assert.equal(goVersion, told.runtimeVersion)
    },
  )

test('modules, one of them replaced by a folder, are facts of the build', NEEDS_GO, () => {
  const write = (path: string, text: string) => {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  write(
    'shop/go.mod',
    'module example.com/shop\n\ngo 1.20\n\nrequire (\n\texample.com/a v1.2.3\n\texample.com/b v0.1.0\n)\n\nreplace example.com/a => ../a\nreplace example.com/b => ../b\n',
  )
  write(
    'shop/main.go',
    'package main\n\nimport (\n\t_ "example.com/a"\n\t_ "example.com/b"\n)\n\nfunc main() {}\n',
  )
  for (const name of ['a', 'b']) {
    write(`${name}/go.mod`, `module example.com/${name}\n\ngo 1.20\n`)
    write(`${name}/${name}.go`, `package ${name}\n`)
  }
  const path = join(folder, 'program')
  execFileSync('go', ['build', '-o', path, '.'], { cwd: join(folder, 'shop'), stdio: 'inherit' })
  const { build } = read(path)
  assert.equal(moduleTextDigest(build), `sha256:${sha256(moduleText(path))}`)
  const { facts, refusedCount } = buildFacts(build, 5)
  assert.equal(refusedCount, 0)
  const version = go('env', 'GOVERSION').trim()
  const main = `mod:example.com/shop@${build.mainModule!.version}`
  const b = build.id
  assert.deepEqual(
    facts.map(({ subject, predicate, object }) => `${subject} ${predicate} ${object}`),
    [
      `${b} built-with go:${version.slice(2)}`,
      `${b} main-module ${main}`,
      `${b} depends-on mod:example.com/a@v1.2.3`,
      'mod:example.com/a@v1.2.3 replaced-by mod:../a@(devel)',
      `${b} depends-on mod:../a@(devel)`,
      `${b} depends-on mod:example.com/b@v0.1.0`,
      'mod:example.com/b@v0.1.0 replaced-by mod:../b@(devel)',
      `${b} depends-on mod:../b@(devel)`,
    ],
  )
  for (const { subject, object, evidence, validFromNs, validToNs } of facts) {
    for (const coordinate of [subject, object]) assert.ok(parseCoordinate(coordinate).value, coordinate)
    assert.deepEqual(
      [evidence!.source, evidence!.observedAtNs, evidence!.digest, validFromNs, validToNs],
      ['build-info', 5, moduleTextDigest(build), 0, 0],
    )
  }
})

test('versions of Go in coordinates', () => {
  const check = (text: string, expected: string) => assert.equal(goVersionName(text), expected)
  check('go1.26.8', '1.26.8')
  check('go1.21', '1.21')
  check('go1.26.8 X:nodwarf5', '1.26.8')
  check('go1.19.6 (Red Hat 1.19.6-1.el9)', '1.19.6')
  check('devel go1.27-2c5b2ea Thu Nov 1', '1.27-2c5b2ea')
  check('gccgo 13.1 x', 'gccgo-13.1-x')
})

test('what is no Go program, and what is no 64-bit ELF file', () => {
  const node = read(process.execPath)
  assert.deepEqual([node.build.runtime, node.binary, node.build.refusal], ['', undefined, ''])
  assert.equal(node.build.architecture, process.arch === 'x64' ? 'amd64' : 'arm64')
  const text = Buffer.from('#!/bin/sh\n'.repeat(20))
  const script = readBuild(bytesSource(text), '/bin/x')
  assert.match(script.build.refusal, /not an ELF file/)
  assert.match(script.build.id, /^build:sha256:[0-9a-f]{64}$/)
  assert.equal(script.identity.evidence, `size:${text.length} sample:sha256:${sha256(text.toString())}`)
})

test(
  'a program with the build id of another is another build, wherever it differs in what is told of it',
  NEEDS_GO,
  () => {
    using program = new Gcload({ name: 'copied' })
    const honest = readFileSync(program.path)
    const { build, identity } = readBuild(bytesSource(honest), program.path)
    const change = (at: number, value: string) => {
      const bytes = Buffer.from(honest)
      bytes.write(value, at, 'latin1')
      return readBuild(bytesSource(bytes), program.path)
    }
    // A module of another name, where no page of the sample lies: its bytes are the same, the build is not.
    let isUnsampled = false
    for (
      let at = honest.indexOf('example.com/gcload');
      at >= 0;
      at = honest.indexOf('example.com/gcload', at + 1)
    ) {
      const other = change(at, 'example.com/forged')
      assert.equal(other.build.goBuildId, build.goBuildId)
      if (other.identity.id === identity.id && other.build.mainModule!.path !== build.mainModule!.path) {
        isUnsampled = true
        assert.notEqual(other.build.id, build.id)
      }
    }
    assert.ok(isUnsampled)
    // All else of the content counts as far as it is sampled: the beginning, the end, and pages between them.
    for (const at of [8192, honest.length - 1]) assert.notEqual(change(at, '\xa5').build.id, build.id)
    assert.notEqual(
      readBuild(bytesSource(Buffer.concat([honest, Buffer.alloc(1)])), program.path).build.id,
      build.id,
    )
  },
)

test('whatever the bytes of a program, it is told or cannot be read', NEEDS_GO, () => {
  using program = new Gcload({ name: 'fuzz', args: ['-ldflags=-s -w'] })
  const bytes = readFileSync(program.path)
  // What tells what it is stands at the beginning, and in the section headers at its end.
  const place = fc.oneof(
    fc.nat(4096),
    fc.integer({ min: bytes.length - 4096, max: bytes.length - 1 }),
    fc.nat(bytes.length - 1),
  )
  const changes = fc.array(fc.tuple(place, fc.nat(255)), { maxLength: 20 })
  fc.assert(
    fc.property(changes, fc.option(fc.nat(bytes.length)), (changed, length) => {
      const hostile = Uint8Array.from(bytes)
      for (const [at, value] of changed) hostile[at] = value
      try {
        const { build, identity } = readBuild(
          bytesSource(hostile.subarray(0, length ?? undefined)),
          'x'.repeat(9999),
        )
        assert.match(build.id, /^build:sha256:[0-9a-f]{64}$/)
        assert.ok(identity.evidence.length <= 400 && build.exe.length <= 4096 && build.refusal.length <= 4096)
        const { facts } = buildFacts(build, 1)
        toBinary(RuntimeBatchSchema, create(RuntimeBatchSchema, { builds: [build], facts }))
        for (const { object } of facts) assert.ok(object.length <= 512)
      } catch (error) {
        assert.ok(error instanceof GolangError && error.code === 'read', String(error))
      }
    }),
    { seed: 7, numRuns: 300 },
  )
})
