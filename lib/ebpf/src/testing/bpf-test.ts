import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import assert from 'node:assert/strict'
import { parseCollection } from '../spec/parse-collection.ts'
import type { CollectionSpec } from '../spec/collection-spec.ts'

export const TESTDATA = join(import.meta.dirname, '../../testdata')

/** For `test`'s options: why tests that touch the kernel cannot run here. */
export const NEEDS_BPF: { readonly skip: string | false } = { skip: whyNoBpf() }

/** The same, for tests that ask bpftool what it thinks. */
export const NEEDS_BPFTOOL: { readonly skip: string | false } = {
  skip: NEEDS_BPF.skip || (hasCommand('bpftool') ? false : 'bpftool is not installed'),
}

export function hasCommand(name: string, versionArgument = '--version'): boolean {
  return spawnSync(name, [versionArgument], { stdio: 'ignore' }).error === undefined
}

export function readTestObject(name: string): Uint8Array {
  return readFileSync(join(TESTDATA, name))
}

/** The spec of an object in testdata, which must be without a complaint. */
export function testSpec(name: string): CollectionSpec {
  const { value, diagnostics } = parseCollection(readTestObject(name), { name })
  assert.deepEqual(diagnostics, [])
  assert.ok(value)
  return value
}

/** What `bpftool -j ARGS` prints. */
export function bpftool(...args: readonly string[]): unknown {
  const text = execFileSync('bpftool', ['-j', ...args], { encoding: 'utf8', maxBuffer: 1 << 28 })
  return JSON.parse(text)
}

function whyNoBpf(): string | false {
  if (process.getuid?.() !== 0) return 'needs root'
  const status = readFileSync('/proc/self/status', 'latin1')
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`)
  const SYS_ADMIN = 1n << 21n
  return (effective & SYS_ADMIN) === 0n ? 'needs CAP_SYS_ADMIN' : false
}
