import assert from 'node:assert/strict'
import type { HttpExchange } from '../streams/http-exchange.ts'

/** Everything that is told is so, and what is not told of the header fields is said to be unknown. */
export function checkTrue(
  told: HttpExchange,
  all: ReadonlyMap<number, HttpExchange>,
  isBegun: boolean,
): void {
  const whole = all.get(told.streamId)!
  for (const name of [
    'method',
    'path',
    'authority',
    'status',
    'grpcStatus',
    'grpcMethod',
    'errorCode',
  ] as const) {
    if (told[name] !== undefined) assert.equal(told[name], whole[name], name)
    else if (told.end === 'complete' && isBegun && name !== 'errorCode')
      assert.ok(whole[name] === undefined || told.hasUnknownFields, name)
  }
  assert.ok(told.end === whole.end || told.end === 'unknown' || told.end === 'closed')
  for (const [name, value] of told.fields) assert.equal(value, whole.fields.get(name))
  assert.ok(told.requestBytes <= whole.requestBytes && told.responseBytes <= whole.responseBytes)
  if (told.end === 'complete' && isBegun) assert.equal(told.responseBytes, whole.responseBytes)
}
