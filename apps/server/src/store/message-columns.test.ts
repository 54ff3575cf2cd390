import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GcCycleSchema, GoFiguresSchema, ProbeCostSchema, WorldStopSchema } from '@quadrant/proto'
import { MessageColumns } from './message-columns.ts'
import { RUNTIME_TABLES } from './runtime-schema.ts'

for (const [table, schema] of [
  ['gc_cycles', GcCycleSchema],
  ['world_stops', WorldStopSchema],
  ['go_figures_1', GoFiguresSchema],
  ['go_figures_60', GoFiguresSchema],
  ['probe_costs_10', ProbeCostSchema],
] as const)
  test(`${table} has a column for each field of ${schema.typeName}: a new one needs a migration`, () => {
    const [, body] = new RegExp(`CREATE TABLE ${table} \\(([^;]*)\\) STRICT`).exec(RUNTIME_TABLES)!
    const columns = new Set(body!.split('\n').map((line) => line.trim().split(' ')[0]))
    for (const { name } of schema.fields) assert.ok(columns.has(name), `${name} is missing`)
  })

test('a column that no field has is a mistake', () => {
  assert.throws(() => new MessageColumns(WorldStopSchema, ['length']), /no length/)
})
