import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readTlsLayout } from '../../generate/tls-tables.ts'
import { runtimeLayout } from '../runtime/layout.ts'
import { GoPrograms, NEEDS_GO, TEST_TOOLCHAINS } from '../testing/go-programs.ts'
import { tlsLayout } from './tls-layout.ts'

const programs = new GoPrograms()

for (const toolchain of TEST_TOOLCHAINS.filter((name) => !/^go1\.1\d\./.test(name)))
  test(`${toolchain}: where the table has it, a program has it`, NEEDS_GO, () => {
    const { goVersion } = programs.open(programs.build({ name: 'plain' }, toolchain)).buildInfo!
    const { minor, toolchains, ...layout } = { ...tlsLayout(runtimeLayout(goVersion, 'amd64'))! }
    assert.deepEqual(layout, readTlsLayout(toolchain))
    assert.ok(toolchains.some((name) => name.startsWith(`go1.${minor}`)))
  })

test('what a version has moved in a patch release is told apart, and of older ones nothing is known', () => {
  const of = (version: string) => tlsLayout(runtimeLayout(version, 'amd64'))
  assert.equal(of('go1.23.2')?.minor, 23)
  assert.notEqual(of('go1.23.2'), of('go1.23.5'))
  assert.notEqual(of('go1.24.3')?.tcpConnHash, of('go1.25.3')?.tcpConnHash)
  assert.equal(of('go1.19.13'), undefined)
})
