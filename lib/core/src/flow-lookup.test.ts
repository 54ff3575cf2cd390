import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FLOW_FIELDS, parseFieldQuery, matchFieldQuery } from './field-query.ts'
import { endNames, flowLookup, type QueriedEnd } from './flow-lookup.ts'

test('an end has its names, each as it is shown and as a coordinate', () => {
  const check = (end: QueriedEnd, expected: readonly string[]) => assert.deepEqual(endNames(end), expected)
  check({ host: 'web-1', address: '10.0.0.7' }, ['10.0.0.7', 'addr:10.0.0.7'])
  check({ host: 'web-1', service: 'shop', comm: 'node', pid: 7, processKey: '7@1' }, [
    'shop',
    'svc:shop',
    'shop 7',
    'node',
    'proc:web-1/7@1',
    'host:web-1',
  ])
  check({ host: 'web-1', service: 'shop' }, ['shop', 'svc:shop', 'host:web-1'])
  check({ host: 'web-1', address: '', service: '', comm: '', pid: 0, processKey: '' }, [])
})

test('each field of flows is answered', () => {
  const lookup = flowLookup({
    clientNames: () => ['shop'],
    serverNames: () => ['cart'],
    ports: () => [8080],
    protocol: () => 'tcp',
    status: () => 'ok',
    event: () => 'close',
    pids: () => [7],
    addresses: () => ['10.0.0.7'],
    host: () => 'web-1',
  })
  for (const field of Object.keys(FLOW_FIELDS)) assert.ok(lookup(field), field)
  assert.equal(lookup('bytes'), undefined)
  const check = (query: string, expected: boolean) =>
    assert.equal(matchFieldQuery(parseFieldQuery(query, FLOW_FIELDS).value, lookup), expected, query)
  check('from:shop to:cart port:>8000 proto:tcp status:ok event:close pid:7 ip:10.* host:web-1', true)
  check('svc:cart', true)
  check('cart', true)
  check('from:cart', false)
})
