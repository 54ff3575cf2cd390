import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type SeenMessage, type Outcome, readRequests, readResponse } from './testing/read-outcome.ts'
import { REFUSED_REQUESTS, REFUSED_RESPONSES, TAKEN_REQUESTS, TAKEN_RESPONSES } from './smuggling.case.ts'

type Read = (bytes: Buffer, cuts: readonly number[]) => Outcome

/** The outcome of the bytes as a whole, which is also that of any pieces. */
function outcomeOf(read: Read, text: string): Outcome {
  const bytes = Buffer.from(text, 'latin1')
  const whole = read(bytes, [])
  const single = Array.from({ length: Math.max(0, bytes.length - 1) }, (_, at) => at + 1)
  assert.deepEqual(read(bytes, single), whole, 'byte by byte')
  for (let round = 1; round <= 8; round++) {
    // Cuts that depend on nothing but the round.
    const cuts = single.filter(
      (at) => (Math.imul(at + round * 7919, 0x9e3779b1) >>> 8) % (2 + round * 3) === 0,
    )
    assert.deepEqual(read(bytes, cuts), whole, `cut at ${cuts.join()}`)
  }
  return whole
}

function tell({ start, body, trailers }: SeenMessage): string {
  return `${start} [${body}]${trailers.length > 0 ? ` ${trailers.join(', ')}` : ''}`
}

function check(
  name: string,
  read: Read,
  refused: typeof REFUSED_REQUESTS,
  taken: typeof TAKEN_REQUESTS,
): void {
  test(`${refused.length} ${name} are refused, in any pieces, each for its reason`, () => {
    for (const [name, text, code] of refused) {
      const outcome = outcomeOf(read, text)
      assert.equal(outcome.refused?.split(' ')[0], code, name)
    }
  })

  test(`${taken.length} ${name} are taken, in any pieces, for what they are`, () => {
    for (const [name, text, messages] of taken) {
      const outcome = outcomeOf(read, text)
      assert.equal(outcome.refused, undefined, name)
      assert.deepEqual(outcome.messages.map(tell), messages, name)
      assert.ok(
        outcome.messages.every(({ isWhole }) => isWhole),
        name,
      )
      assert.equal(outcome.rest, '', name)
    }
  })
}

check('requests', (bytes, cuts) => readRequests(bytes, cuts), REFUSED_REQUESTS, TAKEN_REQUESTS)
check('responses', (bytes, cuts) => readResponse(bytes, cuts), REFUSED_RESPONSES, TAKEN_RESPONSES)

test('no request is told before what could refuse it has been read', () => {
  for (const [name, text, code] of REFUSED_REQUESTS) {
    if (
      /chunk|trailer|premature|body-too|bad-request-line|empty-lines|too-many/.test(code) ||
      /^(chunk|trailer)/.test(name)
    )
      continue
    assert.deepEqual(readRequests(Buffer.from(text, 'latin1')).messages, [], name)
  }
})
