import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProcessLife } from '../store/store.ts'
import { shownLives } from './shown-lives.ts'

const life = (service: string, pid: number, endNs = 0): ProcessLife => ({
  process: { id: pid, host: 'alpha', key: `${pid}@1`, pid, comm: service, service },
  startNs: pid,
  endNs,
})
const pids = (lives: readonly ProcessLife[]) => lives.map(({ process }) => process.pid)

test('no service is left out for another with many processes, and what runs comes before what has ended', () => {
  const lives = [
    ...Array.from({ length: 50 }, (_, i) => life('bash', 100 - i, i % 10 === 3 ? 0 : 5)),
    life('cart', 9),
    life('cart', 8),
    life('cart', 7, 5),
    life('db', 6, 5),
  ]
  assert.equal(shownLives(lives, 54), lives)
  assert.deepEqual(pids(shownLives(lives, 3)), [97, 9, 6])
  assert.deepEqual(pids(shownLives(lives, 5)), [97, 87, 9, 8, 6])
  assert.equal(shownLives(lives, 20).length, 20)
})
