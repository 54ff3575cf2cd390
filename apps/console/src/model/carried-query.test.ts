import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CAPTURE_FIELDS, FLOW_FIELDS } from '@quadrant/core'
import { carriedQuery } from './carried-query.ts'

test('ends and places are carried over as they were typed, and what has another meaning is left behind', () => {
  assert.equal(
    carriedQuery('from:"a b" not:to:db  status:failed proto:tcp cart event:close -port:53', FLOW_FIELDS),
    'from:"a b" not:to:db cart -port:53',
  )
  assert.equal(carriedQuery('to:cart route:/a status:5xx duration:>9', CAPTURE_FIELDS), 'to:cart')
  assert.equal(carriedQuery('', FLOW_FIELDS), '')
  assert.equal(carriedQuery('nothing:known to:', FLOW_FIELDS), '')
})
