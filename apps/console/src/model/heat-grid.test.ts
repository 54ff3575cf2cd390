import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { ProfilePointSchema } from '@quadrant/proto'
import { heatGrid, stepAt } from './heat-grid.ts'

const START_MS = 1_700_000_000_000
const points = (count: number, cpuSeconds: (second: number) => number) =>
  Array.from({ length: count }, (_, second) =>
    create(ProfilePointSchema, {
      timeNs: (START_MS + second * 1000) * 1e6,
      samples: cpuSeconds(second) * 19,
      gcSamples: second % 2 === 0 ? cpuSeconds(second) * 19 : 0,
      cpuSeconds: cpuSeconds(second),
    }),
  )

test('each second has its cell, where the grid says that it is', () => {
  const grid = heatGrid(
    points(900, (second) => (second % 60 === 30 ? 4 : 1)),
    { startMs: START_MS, endMs: START_MS + 900_000 },
    { columnsMax: 100, resolutionSeconds: 1 },
  )
  assert.equal(grid.rows, 10)
  assert.equal(grid.stepMs, 1000)
  assert.equal(grid.cells.length, 900)
  for (const cell of grid.cells) assert.equal(stepAt(grid, cell.column, cell.row), cell.startMs)
  assert.equal(grid.coresMax, 4)
  for (const { startMs, level, gcShare } of grid.cells) {
    const second = (startMs - START_MS) / 1000
    assert.equal(level, second % 60 === 30 ? 4 : 1)
    assert.equal(gcShare, second % 2 === 0 ? 1 : 0)
  }
})

test('a longer time has longer steps, and columns that stay where they are', () => {
  const options = { columnsMax: 50, resolutionSeconds: 10 }
  const grid = heatGrid([], { startMs: START_MS + 7000, endMs: START_MS + 86_400_000 }, options)
  assert.ok(grid.columns <= 52, `${grid.columns}`)
  assert.equal(grid.stepMs % 10_000, 0)
  const later = heatGrid([], { startMs: START_MS + 8000, endMs: START_MS + 86_401_000 }, options)
  assert.equal((later.startMs - grid.startMs) % (grid.stepMs * grid.rows), 0)
})

test('a second without a point has no cell; one with no samples is none at all', () => {
  const grid = heatGrid(
    points(20, (second) => (second === 3 ? 0 : 2)).filter((_, second) => second !== 5),
    { startMs: START_MS, endMs: START_MS + 20_000 },
    { columnsMax: 50, resolutionSeconds: 1 },
  )
  assert.equal(grid.cells.length, 19)
  assert.equal(grid.cells[3]!.level, 0)
  assert.equal(grid.cells[3]!.gcShare, 0)
})
