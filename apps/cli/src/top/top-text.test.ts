import assert from 'node:assert/strict'
import { test } from 'node:test'
import { paint } from '../output/paint.ts'
import { assertGolden } from '../testing/golden.ts'
import { SHOP_MAP } from '../testing/made-map.ts'
import { topText, type TopTextOptions } from './top-text.ts'

const OPTIONS: TopTextOptions = {
  by: 'edges',
  sort: 'bytes',
  wide: false,
  paint: paint(false),
  columns: undefined,
  rows: undefined,
}

test('edges and services', () => {
  assertGolden('top-edges.txt', topText(SHOP_MAP, OPTIONS))
  assertGolden('top-edges-wide.txt', topText(SHOP_MAP, { ...OPTIONS, wide: true }))
  assertGolden('top-services.txt', topText(SHOP_MAP, { ...OPTIONS, by: 'services' }))
})

test('order and number of rows', () => {
  const first = (options: Partial<TopTextOptions>) =>
    topText(SHOP_MAP, { ...OPTIONS, ...options }).split('\n')[1]!
  assert.match(first({}), /cart:8080/)
  assert.match(first({ sort: 'errors' }), /recommendations:9090/)
  assert.match(first({ by: 'services', sort: 'errors' }), /^recommendations|^storefront/)
  assert.match(topText(SHOP_MAP, { ...OPTIONS, rows: 1 }), /\n… 2 more\n/)
})
