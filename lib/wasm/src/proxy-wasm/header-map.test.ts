import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HeaderMap } from './header-map.ts'

function mapOf(): HeaderMap {
  return HeaderMap.of([
    [':method', 'GET'],
    ['cookie', 'a=1'],
    ['accept', '*/*'],
    ['cookie', 'b=2'],
  ])
}

test('fields keep their order, and pseudo-headers stay before the others', () => {
  const map = mapOf()
  map.append(':path', '/')
  map.append('x', 'y')
  assert.deepEqual(
    [...map].map(([name]) => name),
    [':method', ':path', 'cookie', 'accept', 'cookie', 'x'],
  )
})

test('the first is read, all are replaced, all are removed', () => {
  const map = mapOf()
  assert.equal(map.get('cookie'), 'a=1')
  assert.deepEqual(map.getAll('cookie'), ['a=1', 'b=2'])
  map.set('cookie', 'c=3')
  assert.deepEqual(map.getAll('cookie'), ['c=3'])
  assert.equal(map.remove('cookie'), 1)
  assert.equal(map.remove('cookie'), 0)
  assert.equal(map.has('cookie'), false)
  assert.equal(map.size, 2)
})

test('its bytes are those of the names and values that it has', () => {
  const map = mapOf()
  map.append('x', 'yy')
  map.set('accept', 'text/plain')
  map.remove('cookie')
  assert.equal(map.byteLength, [...map].join('').length - map.size)
  map.clear()
  assert.equal(map.byteLength, 0)
})
