import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { IterationStatus } from '@quadrant/wasm/proxy-wasm'
import { ConnectionPass, type ConnectionHop } from './connection-pass.ts'

const HELD_BYTES_MAX = 6

/** What a filter does when it is told of data: each call has its turn, and then it lets everything go on. */
type Decision = 'continue' | 'pause' | 'ask' | 'drop' | 'double'
type Step =
  | { readonly kind: 'write'; readonly text: string }
  | { readonly kind: 'continue'; readonly at: number }
  | { readonly kind: 'finish' }

const decision = fc.constantFrom<Decision>('continue', 'pause', 'ask', 'drop', 'double')
const step = fc.oneof(
  fc.string({ maxLength: 4 }).map((text): Step => ({ kind: 'write', text })),
  fc.nat(2).map((at): Step => ({ kind: 'continue', at })),
  fc.constant<Step>({ kind: 'finish' }),
)

/** The same by its rules, in text. */
class Model {
  readonly held: string[]
  readonly ends: boolean[]
  readonly stopped: boolean[]
  readonly decisions: Decision[][]
  out = ''
  endCount = 0
  readonly seen: string[] = []

  constructor(decisions: readonly (readonly Decision[])[]) {
    this.decisions = decisions.map((own) => [...own])
    this.held = decisions.map(() => '')
    this.ends = decisions.map(() => false)
    this.stopped = decisions.map(() => false)
  }

  tell(at: number, text: string, isEnd: boolean): void {
    if (at === this.held.length) {
      this.out += text
      if (isEnd) this.endCount++
      return
    }
    this.held[at] += text
    this.ends[at] ||= isEnd
    this.seen.push(`${at} ${this.held[at]} ${this.ends[at]}`)
    const decision = this.decisions[at]!.shift() ?? 'continue'
    if (decision === 'drop') this.held[at] = ''
    if (decision === 'double') this.held[at] = this.held[at]!.repeat(2)
    this.stopped[at] = decision === 'pause'
    if (!this.stopped[at]) this.#hand(at)
  }

  continue(at: number): void {
    if (this.stopped[at] !== true) return
    this.stopped[at] = false
    this.#hand(at)
  }

  #hand(at: number): void {
    const text = this.held[at]!
    this.held[at] = ''
    if (text !== '' || this.ends[at]) this.tell(at + 1, text, this.ends[at]!)
  }
}

test('what filters hold, let go and change comes as their rules say, and its sender is held by how much lies', () => {
  const isHeldSeen = new Set<boolean>()
  fc.assert(
    fc.property(
      fc.array(fc.array(decision, { maxLength: 6 }), { maxLength: 3 }),
      fc.array(step, { maxLength: 20 }),
      (decisions, steps) => {
        const model = new Model(decisions)
        const own = decisions.map((each) => [...each])
        const seen: string[] = []
        let out = ''
        let endCount = 0
        let isHeld = false
        const hops = own.map((left, at): ConnectionHop => (data, isEnd) => {
          const text = Buffer.from(data.bytes()).toString('latin1')
          seen.push(`${at} ${text} ${isEnd}`)
          const decision = left.shift() ?? 'continue'
          if (decision === 'drop') data.clear()
          if (decision === 'double') data.append(Buffer.from(text, 'latin1'))
          if (decision === 'ask') pass.continue(at)
          return decision === 'pause' || decision === 'ask'
            ? IterationStatus.STOP_ITERATION
            : IterationStatus.CONTINUE
        })
        const pass = new ConnectionPass(
          hops,
          {
            data: (bytes, isEnd) => {
              out += Buffer.from(bytes).toString('latin1')
              if (isEnd) endCount++
            },
            hold: (isMore) => {
              assert.notEqual(isMore, isHeld, 'it is told of changes')
              isHeld = isMore
            },
          },
          HELD_BYTES_MAX,
        )
        let isFinished = false
        for (const one of steps) {
          if (one.kind === 'continue') {
            pass.continue(one.at)
            model.continue(one.at)
          } else if (!isFinished) {
            isFinished = one.kind === 'finish'
            const text = one.kind === 'write' ? Buffer.from(one.text).toString('latin1') : ''
            pass.write(Buffer.from(text, 'latin1'), isFinished)
            model.tell(0, text, isFinished)
          }
          assert.deepEqual(
            { out, endCount, seen, isHeld },
            {
              out: model.out,
              endCount: model.endCount,
              seen: model.seen,
              isHeld: model.held.join('').length > HELD_BYTES_MAX,
            },
          )
          isHeldSeen.add(isHeld)
        }
        // Over, nothing goes anywhere.
        pass.end()
        const last = out
        for (let at = 0; at < own.length; at++) pass.continue(at)
        pass.write(Buffer.from('more'), true)
        assert.equal(out, last)
      },
    ),
    { numRuns: 1500, seed: 7 },
  )
  assert.equal(isHeldSeen.size, 2)
})
