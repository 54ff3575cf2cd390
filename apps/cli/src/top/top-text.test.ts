import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { RequestSignalsSchema } from '@quadrant/proto'
import { paint } from '../output/paint.ts'
import { assertGolden } from '../testing/golden.ts'
import { SHOP_MAP } from '../testing/made-map.ts'
import { CART_SIGNALS, SHOP_ROUTES } from '../testing/made-requests.ts'
import { routesText } from './routes-text.ts'
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

test('edges and services with requests', () => {
  const [cart, ...others] = SHOP_MAP.edges
  const requests = create(RequestSignalsSchema, CART_SIGNALS)
  const map = { ...SHOP_MAP, edges: [{ ...cart!, requests }, ...others] }
  assertGolden('top-edges-requests.txt', topText(map, OPTIONS))
  assertGolden('top-edges-requests-wide.txt', topText(map, { ...OPTIONS, wide: true }))
  assertGolden('top-services-requests.txt', topText(map, { ...OPTIONS, by: 'services' }))
  const first = (sort: TopTextOptions['sort']) =>
    topText(map, { ...OPTIONS, by: 'services', sort }).split('\n')[1]!
  assert.match(first('requests'), /^cart/)
  assert.match(first('p99'), /^cart/)
})

test('routes', () => {
  assertGolden('top-routes.txt', routesText(SHOP_ROUTES, OPTIONS))
  assertGolden('top-routes-wide.txt', routesText(SHOP_ROUTES, { ...OPTIONS, wide: true }))
  const lines = (options: Partial<TopTextOptions>) =>
    routesText(SHOP_ROUTES, { ...OPTIONS, ...options }).split('\n')
  assert.match(lines({ sort: 'bytes' })[1]!, /carts/)
  assert.match(lines({ sort: 'p99' })[1]!, /carts/)
  assert.match(lines({ rows: 1 })[2]!, /^… 4 more$/)
})
