import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { ListFlowsResponseSchema } from '@quadrant/proto'
import { memoryContext } from '../testing/memory-context.ts'
import { LossNotes } from './loss-notes.ts'

const answer = (count: number, omitted = 0) =>
  create(ListFlowsResponseSchema, {
    omitted,
    drops: count > 0 ? [{ stage: 'agent.flow-cap', reason: 'cap', count }] : [],
  })

test('losses of a follower are told as they come, seldom, each once, and summed at the end', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const context = memoryContext()
  const notes = new LossNotes(context, { rows: 'flows', rowsMax: 1_000_000 })
  const lines = () => context.err().trim().split('\n')
  notes.live(answer(0))
  assert.equal(context.err(), '')
  notes.live(answer(3000))
  assert.deepEqual(lines(), ['note: 3000 lost at agent.flow-cap: cap'])
  for (let i = 0; i < 4; i++) notes.live(answer(500, 7))
  assert.equal(lines().length, 1)
  t.mock.timers.tick(5000)
  const passedOver = (count: number) =>
    `${count} flows passed over, this output is read too slowly; the store has them`
  assert.deepEqual(lines().slice(1), ['note: 2000 lost at agent.flow-cap: cap', `note: ${passedOver(28)}`])
  t.mock.timers.tick(60_000)
  assert.equal(lines().length, 3)
  notes.live(answer(1))
  notes.live(answer(2))
  assert.equal(lines().at(-1), 'note: 1 lost at agent.flow-cap: cap')
  notes[Symbol.dispose]()
  assert.deepEqual(lines().slice(4), [
    'note: in all 5003 lost at agent.flow-cap: cap',
    `note: in all ${passedOver(28)}`,
  ])
  t.mock.timers.tick(60_000)
  assert.equal(lines().length, 6)
})

test('the past is told at once; rows that were left out on purpose are not', () => {
  const told = (tellsOmitted: boolean) => {
    const context = memoryContext()
    using notes = new LossNotes(context, { rows: 'flows', rowsMax: 1_000_000 })
    notes.past(answer(4, 9), tellsOmitted)
    notes[Symbol.dispose]()
    return context.err()
  }
  assert.equal(told(false), 'note: 4 lost at agent.flow-cap: cap\n')
  assert.match(
    told(true),
    /^note: 9 older flows matched and are over the limit of 1000000\nnote: 4 lost at [^\n]*\n$/,
  )
})
