import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  BPF_DIRECTORY,
  compileObject,
  compilerVersion,
  hashFile,
  hashSources,
  OBJECT_PLANS,
  readObjectIndex,
} from './build.ts'

const index = readObjectIndex()
const compiler = compilerVersion()

for (const plan of OBJECT_PLANS) {
  test(`${plan.object} is made of the sources beside it`, () => {
    const entry = index[plan.object]
    assert.ok(entry, `${plan.object} is not in objects.json`)
    assert.equal(hashSources(plan), entry.sources, `${plan.source} changed: npm run generate`)
    assert.equal(hashFile(join(BPF_DIRECTORY, plan.object)), entry.object)
  })

  const recorded = index[plan.object]?.compiler
  const missing =
    compiler === undefined
      ? 'clang, llvm-strip or libbpf-dev is missing'
      : compiler !== recorded && `compiled by ${recorded}, here is ${compiler}`
  test(`${plan.object} compiles to the same bytes`, { skip: missing }, () => {
    const directory = mkdtempSync(join(tmpdir(), 'quadrant-bpf-'))
    try {
      const path = join(directory, plan.object)
      compileObject(plan, path)
      assert.equal(hashFile(path), hashFile(join(BPF_DIRECTORY, plan.object)))
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
}
