// The thread of a `ThreadFeed`: takes records as soon as they are there, and posts them as they are. What costs time is
// done elsewhere, so that the record that somebody waits for is not behind the work for those before it.
import { parentPort } from 'node:worker_threads'
import { readInThread } from '@quadrant/ebpf'
import { systemClock } from '../../discover/host-clock.ts'
import { read64 } from '../../kernel/word.ts'
import type { ThreadBatch } from './gc-feed.ts'
import { GC_FIGURES_BYTES, GcWord, isTelling } from './gc-record.ts'

/** A cycle is eight records. What is more than this is posted at once. */
const RECORDS_MAX = 256

const words = new Uint32Array(RECORDS_MAX * (GC_FIGURES_BYTES / 4))
const byteLengths = new Uint16Array(RECORDS_MAX)
const seenUs = new Float64Array(RECORDS_MAX)
let count = 0
let used = 0

function post(): void {
  if (count === 0) return
  const batch: ThreadBatch = {
    words: words.slice(0, used),
    byteLengths: byteLengths.slice(0, count),
    seenUs: seenUs.slice(0, count),
  }
  parentPort?.postMessage(batch, [batch.words.buffer, batch.byteLengths.buffer, batch.seenUs.buffer])
  count = 0
  used = 0
}

const beganNs = systemClock.monotonicNs()

/** Nobody waited for what was there before this thread. */
function isOlder(ring: Uint32Array, at: number): boolean {
  return read64(ring, at + GcWord.ts) < beganNs
}

readInThread(() => ({
  onRecord(ring, at, byteLength) {
    const nowUs = isTelling(ring, at) && !isOlder(ring, at) ? systemClock.monotonicNs() / 1000 : 0
    // A longer one is none of ours: what there is room for is enough to see that.
    const length = Math.min(byteLength, GC_FIGURES_BYTES) >>> 2
    for (let i = 0; i < length; i++) words[used + i] = ring[at + i]!
    byteLengths[count] = Math.min(byteLength, 0xffff)
    seenUs[count] = nowUs
    used += length
    count++
    if (count === RECORDS_MAX) post()
  },
  onBatch: post,
}))
