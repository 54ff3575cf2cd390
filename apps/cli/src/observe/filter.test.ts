import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matchFieldQuery } from '@quadrant/core'
import { CliError } from '../cli-error.ts'
import { SHOP_FLOWS } from '../testing/made-flows.ts'
import { asksForRequests, flowFilter, requestFilter, type FilterValues } from './filter.ts'
import { recordedFlow } from './flow-fields.ts'

test('flags become one query', () => {
  const check = (flags: FilterValues, query: string | undefined, expected: string) =>
    assert.equal(flowFilter(flags, query).text, expected)
  check({}, undefined, '')
  check({ from: ['shop'], port: ['443'] }, undefined, 'from:shop port:443')
  check({ from: ['a', '\u0000b'] }, undefined, 'from:a not:from:b')
  check({ from: ['my shop'] }, undefined, 'from:"my shop"')
  check({ status: ['failed,reset'] }, 'to:cart', 'to:cart status:failed,reset')
})

test('wrong values are refused, with the nearest right one', () => {
  const check = (flags: FilterValues, query: string | undefined, message: RegExp, fix?: RegExp) =>
    assert.throws(
      () => flowFilter(flags, query),
      (error) => {
        assert.ok(error instanceof CliError)
        assert.equal(error.exitCode, 2)
        assert.match(error.message, message)
        if (fix) assert.match(error.fix ?? '', fix)
        return true
      },
    )
  check({ proto: ['tpc'] }, undefined, /one of tcp, udp/, /--proto tcp/)
  check({ event: ['conect'] }, undefined, /one of listen, connect/, /connect/)
  check({ port: ['http'] }, undefined, /number/)
  check({ from: ['a"b'] }, undefined, /without quotes/)
  check({ from: [''] }, undefined, /without quotes/)
  check({}, 'form:shop', /QRY001[\s\S]*form:shop\n {2}\^/)
})

test('flows that match', () => {
  const check = (query: string, expected: readonly number[]) =>
    assert.deepEqual(
      [...SHOP_FLOWS.keys()].filter((i) =>
        matchFieldQuery(flowFilter({}, query).query, recordedFlow(SHOP_FLOWS[i]!)),
      ),
      expected,
      query,
    )
  check('from:storefront', [1, 2, 3, 4, 5, 6])
  check('to:cart', [0, 1, 2, 3, 5, 7])
  check('svc:cart', [0, 1, 2, 3, 5, 7])
  check('port:8080', [0, 1, 2, 3, 5, 7])
  check('port:>9000', [4])
  check('proto:udp', [6])
  check('status:failed', [4])
  check('status:reset,failed', [4, 5])
  check('status:ok', [3])
  check('event:accept', [2])
  check('pid:22 not:event:listen', [1, 2, 3, 5, 7])
  check('ip:10.0.0.*', [6])
  check('from:proc:web-1/11@5 proto:tcp', [1, 3, 4, 5, 7])
  check('-svc:storefront', [0, 7])
  check('to:"cart 22" event:listen', [0])
  check('to:host:web-1 not:port:8080', [])
  check('"addr:10.0.0.53"', [6])
  check('host:web-1', [0, 1, 2, 3, 4, 5, 6, 7])
})

test('filters of requests', () => {
  const check = (flags: FilterValues, query: string | undefined, expected: string) =>
    assert.equal(requestFilter(flags, query).text, expected)
  check({ method: ['GET'], route: ['/carts/*'] }, undefined, 'method:GET route:/carts/*')
  check({ status: ['404,5xx', '\u0000error'] }, undefined, 'status:404,5xx not:status:error')
  check({ status: ['>499', 'none', '2??'] }, 'target:*x*', 'target:*x* status:>499 status:none status:2??')
  for (const status of ['', '5x', '5xx5', 'failed', '<'])
    assert.throws(() => requestFilter({ status: [status] }, undefined), CliError, status)
})

test('which filters only requests can have', () => {
  const rows: [FilterValues, boolean][] = [
    [{}, false],
    [{ from: ['a'], status: ['ok'] }, false],
    [{ status: ['5xx'] }, true],
    [{ status: ['404,500'] }, true],
    [{ status: ['\u0000404'] }, true],
    [{ status: ['404,failed'] }, false],
    [{ status: ['errors'] }, true],
    [{ status: ['\u0000client-error,404'] }, true],
    [{ method: ['GET'] }, true],
    [{ route: ['/'] }, true],
  ]
  for (const [flags, expected] of rows) assert.equal(asksForRequests(flags), expected, JSON.stringify(flags))
})
