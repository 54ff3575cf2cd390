import { BUCKETS, Head, Place, PlaceState, placeWord, Queue, Vm } from './layout.ts'
import { Entry } from './value-table.ts'
import { Item } from './queue-table.ts'
import type { SharedMemory } from './shared-memory.ts'

/**
 * Brings everything in order, by what is still reached: values that were being written are dropped, and whatever belongs to
 * VMs that are no more; what VMs have is counted anew, and all other memory is free. Threads that have ended give up their
 * places. Who calls it has all locks, and may end as well: then whoever is next does it again.
 */
export function sweep(memory: SharedMemory): void {
  dropHolders(memory)
  const usage = new Map<number, { bytes: number; entries: number }>()
  const used: number[] = []
  for (const { word, block } of memory.vms.places()) {
    usage.set(word, { bytes: 0, entries: 0 })
    used.push(block)
  }
  const keep = (vm: number, block: number): boolean => {
    const sum = usage.get(vm)
    if (sum === undefined) return false
    sum.bytes += 1 << memory.arena.orderAt(block)
    sum.entries++
    used.push(block)
    return true
  }
  sweepData(memory, keep)
  sweepQueues(memory, keep)
  const { words } = memory.region
  for (const [word, { bytes, entries }] of usage) {
    words[word + Vm.bytes] = bytes
    words[word + Vm.entries] = entries
  }
  memory.arena.rebuild(used)
  endPlaces(memory)
}

/** Threads that have ended hold nothing: what nobody else holds is gone. What nobody ever held stays. */
function dropHolders({ vms, region: { words, layout, sizes } }: SharedMemory): void {
  for (let thread = 1; thread <= sizes.threadsMax; thread++) {
    if (Atomics.load(words, placeWord(layout, thread) + Place.state) !== PlaceState.ended) continue
    for (const { word } of vms.places())
      if (vms.setHolder(word, thread, false) && !vms.isHeld(word)) vms.remove({ word })
  }
}

type Keep = (vm: number, block: number) => boolean

function sweepData({ region: { words, layout } }: SharedMemory, keep: Keep): void {
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    let link = layout.buckets + bucket
    for (let at = words[link]!; at !== 0;) {
      const entry = at >> 2
      const next = words[entry + Entry.next]!
      const isTorn = words[entry + Entry.isTorn] === 1
      if (isTorn) words[Head.torn]!++
      if (!isTorn && keep(words[entry + Entry.vm]!, at)) link = entry + Entry.next
      else words[link] = next
      at = next
    }
  }
}

function sweepQueues({ region: { words, layout, sizes } }: SharedMemory, keep: Keep): void {
  for (let index = 0; index < sizes.queuesMax; index++) {
    const queue = layout.queues + index * Queue.words
    if (words[queue + Queue.isUsed] !== 1) continue
    if (!keep(words[queue + Queue.vm]!, words[queue + Queue.name]!)) {
      words[queue + Queue.isUsed] = 0
      continue
    }
    let last = 0
    let items = 0
    for (let at = words[queue + Queue.first]!; at !== 0; at = words[(at >> 2) + Item.next]!) {
      keep(words[queue + Queue.vm]!, at)
      last = at
      items++
    }
    words[queue + Queue.last] = last
    words[queue + Queue.items] = items
  }
}

/** Nobody is told of items by a thread that has ended. */
function endPlaces({ region: { words, layout, sizes } }: SharedMemory): void {
  for (let thread = 1; thread <= sizes.threadsMax; thread++) {
    const state = placeWord(layout, thread) + Place.state
    if (Atomics.load(words, state) !== PlaceState.ended) continue
    for (let index = 0; index < sizes.queuesMax; index++) {
      const owner = layout.queues + index * Queue.words + Queue.owner
      if (words[owner] === thread) words[owner] = 0
    }
    Atomics.store(words, state, PlaceState.free)
  }
}
