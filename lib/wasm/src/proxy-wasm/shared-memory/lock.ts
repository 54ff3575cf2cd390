import { Head, Lock, lockWord, Place, PlaceState, placeWord } from './layout.ts'
import type { Region } from './region.ts'

/** About what a holder needs to be done: going to sleep and being woken takes longer. */
const SPINS = 64
/** Wake-ups without getting it. Somebody else had it each time, so it goes on, but not for everybody. */
const ROUNDS_MAX = 1000

/**
 * Takes a lock that threads share. Its word is 0, or whoever holds it × 2, + 1 where somebody sleeps for it.
 *
 * @returns false where whoever holds it did not let go of it in `lockWaitMs`
 */
export function lock(region: Region, index: number): boolean {
  const word = lockWord(region.layout, index)
  return Atomics.compareExchange(region.words, word, 0, region.thread << 1) === 0 || wait(region, word)
}

export function unlock({ words, layout }: Region, index: number): void {
  const word = lockWord(layout, index)
  if ((Atomics.exchange(words, word, 0) & 1) === 1) Atomics.notify(words, word, 1)
}

/**
 * All of them, in their order; those whose holders have ended with what they left half done. False, and none, where one
 * cannot be had.
 */
export function lockAll(region: Region): boolean {
  const inherited = new Map<number, number>()
  for (let index = 0; index < Lock.count; index++) {
    const held = inherit(region, index)
    if (held !== undefined) inherited.set(index, held)
    else if (!lock(region, index)) {
      while (index-- > 0) {
        const before = inherited.get(index)
        // What is half done stays closed until all can be had.
        if (before === undefined) unlock(region, index)
        else Atomics.store(region.words, lockWord(region.layout, index), before | 1)
      }
      return false
    }
  }
  return true
}

export function unlockAll(region: Region): void {
  for (let index = Lock.count - 1; index >= 0; index--) unlock(region, index)
}

/** Takes a lock whose holder has ended. Returns what its word was, or undefined where that is not so. */
function inherit({ words, layout, thread }: Region, index: number): number | undefined {
  const word = lockWord(layout, index)
  const held = Atomics.load(words, word)
  if (held === 0 || Atomics.load(words, placeWord(layout, held >> 1) + Place.state) !== PlaceState.ended)
    return undefined
  // It may have been opened since by somebody who has done the same.
  return Atomics.compareExchange(words, word, held, (thread << 1) | 1) === held ? held : undefined
}

function wait({ words, sizes, thread }: Region, word: number): boolean {
  for (let spin = 0; spin < SPINS; spin++)
    if (Atomics.load(words, word) === 0 && Atomics.compareExchange(words, word, 0, thread << 1) === 0)
      return true
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const held = Atomics.load(words, word)
    if (held === 0) {
      // Others may sleep for it as well: whoever has it next wakes one more.
      if (Atomics.compareExchange(words, word, 0, (thread << 1) | 1) === 0) return true
      continue
    }
    if ((held & 1) === 0 && Atomics.compareExchange(words, word, held, held | 1) !== held) continue
    if (Atomics.wait(words, word, held | 1, sizes.lockWaitMs) === 'timed-out') break
  }
  Atomics.add(words, Head.busy, 1)
  return false
}
