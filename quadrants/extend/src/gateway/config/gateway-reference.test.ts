import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Field } from '@quadrant/core/config'
import { OPERATOR_VALUES } from '../access-log/operator-value.ts'
import { checkGateway } from './check-gateway.ts'
import { gatewayFile } from './gateway-fields.ts'
import { EXAMPLE, gatewayReference } from './gateway-reference.ts'
import { OPERATOR_REFERENCE } from './operator-reference.ts'

test('the example of the reference is a good file', () => {
  const { value, diagnostics } = checkGateway(EXAMPLE)
  assert.deepEqual(diagnostics, [])
  assert.equal(value?.clusters.length, 1)
})

test('what is committed is what the fields say', () => {
  const committed = new URL('../../../../../docs/reference/gateway.md', import.meta.url)
  assert.equal(readFileSync(committed, 'utf8'), gatewayReference(), 'npm run generate')
})

test('every key says what it is for, and what may stand there', () => {
  const silent: string[] = []
  const walk = (path: string, fields: Readonly<Record<string, Field<unknown>>>) => {
    for (const [key, { shape }] of Object.entries(fields)) {
      const about = shape?.about ?? ''
      if (about === '' || !/[.,:)]$/.test(about) || (shape?.type ?? '') === '') silent.push(`${path}.${key}`)
      if (shape?.fields) walk(`${path}.${key}`, shape.fields)
    }
  }
  walk('', gatewayFile.shape?.fields ?? {})
  assert.deepEqual(silent, [])
})

test('every operator is explained', () => {
  const explained = Object.keys(OPERATOR_REFERENCE).filter((name) => !name.includes('('))
  assert.deepEqual(explained.toSorted(), Object.keys(OPERATOR_VALUES).toSorted())
})

test('every reference within the page leads somewhere', () => {
  const text = gatewayReference()
  const headings = [...text.matchAll(/^#{2,3} (.+)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replaceAll(/[^a-z0-9_ -]/g, '')
      .replaceAll(' ', '-'),
  )
  assert.equal(new Set(headings).size, headings.length)
  for (const [, anchor] of text.matchAll(/\]\(#([^)]+)\)/g)) assert.ok(headings.includes(anchor!), anchor!)
})
