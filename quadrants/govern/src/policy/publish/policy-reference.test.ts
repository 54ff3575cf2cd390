import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { KINDS } from '../kind/kinds.ts'
import type { Shape } from '../schema/schema.ts'
import { diagnosticsReference, policyReference } from './policy-reference.ts'
import { policyJsonSchema } from './policy-schema.ts'

const committed = (name: string) =>
  readFileSync(new URL(`../../../../../docs/reference/${name}`, import.meta.url), 'utf8')

test('what is committed is what is declared', () => {
  assert.equal(committed('policy.md'), policyReference(), 'npm run generate')
  assert.equal(committed('policy-diagnostics.md'), diagnosticsReference(), 'npm run generate')
  assert.deepEqual(JSON.parse(committed('policy.schema.json')), policyJsonSchema(), 'npm run generate')
})

test('every field says what it is for', () => {
  const silent: string[] = []
  const walk = (shape: Shape, path: string) => {
    if (shape.kind === 'list') walk(shape.item, `${path}[]`)
    if (shape.kind !== 'object') return
    for (const [name, field] of Object.entries(shape.fields)) {
      if (!field.about.endsWith('.')) silent.push(`${path}.${name}`)
      walk(field.shape, `${path}.${name}`)
    }
  }
  for (const { kind, spec } of KINDS) walk(spec.shape, kind)
  assert.deepEqual(silent, [])
})

test('every reference within the page leads somewhere', () => {
  const text = policyReference()
  const anchors = new Set([...text.matchAll(/^## (\w+)$/gm)].map(([, title]) => title!.toLowerCase()))
  for (const [, anchor = ''] of text.matchAll(/\]\(#([^)]+)\)/g)) assert.ok(anchors.has(anchor), anchor)
})
