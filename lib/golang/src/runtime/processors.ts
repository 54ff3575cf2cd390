import { GolangError } from '../error.ts'
import { readWord } from '../word.ts'
import type { RuntimeLayout } from './layout.ts'
import { readFields, readMemory, type ProcessMemory } from './memory.ts'

/** What the runtime's processors (P) hold of the program's goroutines. Undefined is what the version does not have. */
export interface Processors {
  /** That wait in their queues. */
  readonly runnableCount?: number
  /** Over, and to be used again. */
  readonly freeGoroutineCount?: number
  /** That processors count themselves, since 1.26. */
  readonly goroutinesCreatedCount?: number
  /** Numbers of goroutines that processors took ahead and have not given yet. */
  readonly unusedIdCount?: number
}

/** Go itself has no limit; Linux has 8192 CPUs at most. */
const PROCESSOR_COUNT_MAX = 8192

/** Places in a processor's own queue. */
const QUEUE_LENGTH_MAX = 256

/** Numbers that a processor takes at a time: 16 in all versions. */
const ID_COUNT_MAX = 16

const P_FIELDS = [
  'p.id',
  'p.runqhead',
  'p.runqtail',
  'p.runnext',
  'p.gFree.size',
  'p.goidcache',
  'p.goidcacheend',
  'p.goroutinesCreated',
] as const

/** A slice's header. @throws {GolangError} `read`, `limit` for one that cannot be */
export function readSlice(memory: ProcessMemory, address: number, lengthMax: number) {
  const view = readMemory(memory, address, 24)
  const slice = { start: readWord(view, 0), length: readWord(view, 8), capacity: readWord(view, 16) }
  if (!(slice.length <= slice.capacity && slice.capacity <= lengthMax))
    throw new GolangError('limit', `${slice.length} elements with room for ${slice.capacity}`)
  return slice
}

/**
 * Reads each processor that there is, and of those that GOMAXPROCS did away with the numbers that they still have.
 *
 * @throws {GolangError} `read`, `limit` for more than 8192, `moduledata` for a processor that is none
 */
export function readProcessors(memory: ProcessMemory, layout: RuntimeLayout, allp: number): Processors {
  const { start, length, capacity } = readSlice(memory, allp, PROCESSOR_COUNT_MAX)
  if (length === 0) throw new GolangError('limit', 'no processors')
  const pointers = readMemory(memory, start, capacity * 8)
  let sum: Required<Processors> = {
    runnableCount: 0,
    freeGoroutineCount: 0,
    goroutinesCreatedCount: 0,
    unusedIdCount: 0,
  }
  for (let index = 0; index < capacity; index++) {
    const address = readWord(pointers, index * 8)
    if (address === 0 && index >= length) continue
    const one = readProcessor(memory, layout, address, index)
    const unusedIdCount = sum.unusedIdCount + one.unusedIdCount
    sum =
      index >= length
        ? { ...sum, unusedIdCount }
        : {
            runnableCount: sum.runnableCount + one.runnableCount,
            freeGoroutineCount: sum.freeGoroutineCount + one.freeGoroutineCount,
            goroutinesCreatedCount: sum.goroutinesCreatedCount + one.goroutinesCreatedCount,
            unusedIdCount,
          }
  }
  const has = (name: (typeof P_FIELDS)[number]) => layout.fields[name] !== undefined
  return {
    runnableCount: has('p.runqhead') && has('p.runnext') ? sum.runnableCount : undefined,
    freeGoroutineCount: has('p.gFree.size') ? sum.freeGoroutineCount : undefined,
    goroutinesCreatedCount: has('p.goroutinesCreated') ? sum.goroutinesCreatedCount : undefined,
    unusedIdCount: has('p.goidcache') ? sum.unusedIdCount : undefined,
  }
}

function readProcessor(
  memory: ProcessMemory,
  layout: RuntimeLayout,
  address: number,
  index: number,
): Required<Processors> {
  const values = readFields(memory, layout, address, P_FIELDS)
  if (values['p.id'] !== index)
    throw new GolangError('moduledata', `processor ${index} says that it is ${values['p.id']}`)
  const waiting = ((values['p.runqtail'] ?? 0) - (values['p.runqhead'] ?? 0)) >>> 0
  const unused = (values['p.goidcacheend'] ?? 0) - (values['p.goidcache'] ?? 0)
  return {
    // Of two that are written one after the other, one may be read old.
    runnableCount: (waiting <= QUEUE_LENGTH_MAX ? waiting : 0) + (values['p.runnext'] ? 1 : 0),
    freeGoroutineCount: values['p.gFree.size'] ?? 0,
    goroutinesCreatedCount: values['p.goroutinesCreated'] ?? 0,
    unusedIdCount: Math.min(Math.max(unused, 0), ID_COUNT_MAX),
  }
}
