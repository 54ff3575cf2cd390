import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TIER_RETENTION_SECONDS } from './rollup.ts'
import { planSpans } from './span.ts'

const NOW = 10_000_000

const cases: [name: string, from: number, to: number, spans: string, resolution: number][] = [
  ['a minute on its own', NOW - 100, NOW - 40, '60:9999900-9999960', 1],
  ['a minute across points', NOW - 97, NOW - 37, '1:9999903-9999910 10:9999910-9999960 1:9999960-9999963', 1],
  ['whole minutes', 9_999_840, 9_999_960, '60:9999840-9999960', 1],
  ['nothing', NOW, NOW, '', 1],
  ['before the finest points', NOW - 4003, NOW - 3950, '10:9995990-9996050', 10],
  ['before all but the coarsest', NOW - 100_003, NOW - 99_950, '60:9899940-9900060', 60],
]

for (const [name, from, to, expected, resolution] of cases)
  test(`spans: ${name}`, () => {
    const plan = planSpans(from, to, NOW)
    const text = plan.spans.map((span) => `${span.tier}:${span.from}-${span.to}`).join(' ')
    assert.equal(text, expected)
    assert.equal(plan.resolutionSeconds, resolution)
  })

test('spans hold each second of the range once, from points that are still kept', () => {
  const seconds = fc.integer({ min: 0, max: 200_000 })
  fc.assert(
    fc.property(seconds, seconds, (a, b) => {
      const [from, to] = [NOW - Math.max(a, b), NOW - Math.min(a, b)]
      const { spans } = planSpans(from, to, NOW)
      let at = spans[0]?.from ?? from
      assert.ok(at <= from && from - at < 60)
      for (const span of spans) {
        assert.equal(span.from, at)
        assert.ok(span.to > span.from)
        assert.equal(span.from % span.tier, 0)
        assert.equal(span.to % span.tier, 0)
        assert.ok(
          span.from >= NOW - TIER_RETENTION_SECONDS[span.tier],
          `${span.tier} s points of ${NOW - span.from} s ago`,
        )
        at = span.to
      }
      assert.ok(spans.length <= 7)
      assert.ok(at >= to && at - to < 60)
    }),
    { seed: 1, numRuns: 2000 },
  )
})
