import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { SchemaCode } from '@quadrant/wasm'
import { EXPLANATIONS } from '../explain/explanations.ts'
import { memoryContext } from '../testing/memory-context.ts'
import { runSchemaDiff } from './diff.ts'

const OLD = `@0xdbb9ad1f14bf0b36;

struct Order {
  id @0 :UInt64;
  price @1 :Int32;
  items @2 :List(Item);
  note @3 :Text;
}
struct Item { name @0 :Text; }
`

/** What is printed of a change from the file to stdin's place, and the exit code. */
async function diff(before: string, after: string) {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-schema-diff-'))
  try {
    const file = join(folder, 'shop.capnp')
    writeFileSync(file, after)
    const context = memoryContext({ stdin: before })
    await runSchemaDiff(context, {}, '-', file)
    return { out: context.out().replaceAll(file, 'shop.capnp'), exitCode: context.process.exitCode }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('a change that is safe, exit code 0', async () => {
  const after = OLD.replace('note @3 :Text;', 'remark @3 :Text; at @4 :Int64;')
  assert.deepEqual(await diff(OLD, after), { out: '2 types compared: compatible\n', exitCode: undefined })
})

test('a change that is not has its line, a caret and a fix; exit code 1', async () => {
  const { out, exitCode } = await diff(OLD, OLD.replace('Int32', 'Int64'))
  assert.equal(exitCode, 1)
  assert.equal(
    out,
    [
      'error[SCHEMA011] shop.capnp (new):5:13 Order.price @1 was Int32, and is Int64',
      '    price @1 :Int64;',
      '              ^^^^^',
      'fix: keep Int32, and add a field @4 :Int64',
      '',
      '2 types compared: 1 incompatible',
      '',
    ].join('\n'),
  )
})

test('what is gone is shown where it was', async () => {
  const { out } = await diff(OLD, OLD.replace('  note @3 :Text;\n', ''))
  assert.match(out, /^error\[SCHEMA010\] stdin \(old\):7:3 Order\.note @3 is gone\n {4}note @3 :Text;\n/)
})

test('a mistake in a schema is told, and nothing compared', async () => {
  const { out, exitCode } = await diff(OLD, 'struct "\u001b[31m')
  assert.equal(exitCode, 1)
  assert.match(out, /^error\[SCHEMA001\] shop\.capnp \(new\):1:8 /)
  assert.doesNotMatch(out, /compared|\u001b/) // oxlint-disable-line no-control-regex
})

test('a file that is not there is an error of the command', async () => {
  await assert.rejects(runSchemaDiff(memoryContext(), {}, '-', '/nowhere/s.capnp'), { code: 'QDR-C013' })
})

test('stdin is one of two schemas, not both', async () => {
  await assert.rejects(runSchemaDiff(memoryContext(), {}, '-', '-'), { code: 'QDR-C012' })
})

test('every code is explained', () => {
  for (const code of Object.values(SchemaCode)) assert.ok(EXPLANATIONS.has(code), code)
})
