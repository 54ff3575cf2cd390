import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MetricType } from '@quadrant/wasm/proxy-wasm'
import { FilterMetrics } from './filter-metrics.ts'

const { COUNTER } = MetricType

test('what one filter counts leaves others their place, over all of its instances', () => {
  const metrics = new FilterMetrics()
  const instances = [metrics.hold('greedy', 10), metrics.hold('greedy', 10)]
  const made = Array.from({ length: 30 }, (_, index) => instances[index % 2]?.define(COUNTER, `m${index}`))
  assert.equal(made.filter((metric) => metric !== undefined).length, 10)
  assert.equal(instances[0]?.define(COUNTER, 'm1'), made[1])
  assert.notEqual(metrics.hold('modest', 10).define(COUNTER, 'own'), undefined)
})

test('a metric is gone with the last filter that has it', () => {
  const metrics = new FilterMetrics()
  const names = () => metrics.samples().map(({ name }) => name)
  metrics.hold('a', 10).define(COUNTER, 'both')
  metrics.hold('a', 10).define(COUNTER, 'of a')
  metrics.hold('b', 10).define(COUNTER, 'both')?.add(2n)
  metrics.letGo('a')
  assert.deepEqual(names(), ['both', 'of a'])
  metrics.letGo('a')
  assert.deepEqual(names(), ['both'])
  assert.equal(metrics.samples()[0]?.value, 2)
  metrics.letGo('b')
  assert.deepEqual(names(), [])
})
