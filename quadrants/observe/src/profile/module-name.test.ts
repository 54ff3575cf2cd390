import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BuildInfo } from '@quadrant/golang'
import { moduleNames } from './module-name.ts'

const module = (path: string, version: string) => ({ path, version, sum: '' })
const info: BuildInfo = {
  goVersion: 'go1.26.8',
  path: 'example.com/shop/cmd/cart',
  main: module('example.com/shop', '(devel)'),
  dependencies: [
    module('example.com/shop/lib', 'v1.2.3'),
    module('gopkg.in/yaml.v3', 'v3.0.1'),
    { ...module('example.com/old', 'v1.0.0'), replace: module('example.com/fork', 'v1.0.1') },
    { ...module('example.com/local', 'v0.1.0'), replace: module('./local', '') },
    module('nodots', 'v0.0.1'),
  ],
  settings: [],
}

const check = (functionName: string, expected: string) =>
  test(`${functionName} is of ${expected}`, () => {
    assert.equal(moduleNames(info, 'cart')(functionName), expected)
  })
check('main.main', 'example.com/shop@(devel)')
check('main.(*Cart).add.func1', 'example.com/shop@(devel)')
check('example.com/shop/api.Serve', 'example.com/shop@(devel)')
check('example.com/shop/lib/deep.F', 'example.com/shop/lib@v1.2.3')
check('example.com/shop/library.F', 'example.com/shop@(devel)')
check('gopkg.in/yaml%2ev3.(*Node).Decode', 'gopkg.in/yaml.v3@v3.0.1')
check('example.com/old.F', 'example.com/fork@v1.0.1')
check('example.com/local.F', 'example.com/local@v0.1.0')
check('nodots/x.F', 'nodots@v0.0.1')
check('runtime.mallocgc', 'std')
check('net/http.(*conn).serve', 'std')
check('vendor/golang.org/x/net/http2/hpack.F', 'std')
check('slices.SortFunc[go.shape.[]example.com/shop/api.Item,go.shape.int]', 'std')
check('type:.eq.example.com/shop/api.Item', 'example.com/shop@(devel)')
check('elsewhere.org/x.F', '')

test('without build information only the standard library is known', () => {
  const moduleOf = moduleNames(undefined, 'cart')
  assert.equal(moduleOf('main.main'), 'cart')
  assert.equal(moduleOf('fmt.Println'), 'std')
  assert.equal(moduleOf('example.com/a.F'), '')
})
