// The thread of a `ThreadFeed`: reads records as soon as they are there, and posts them as events.
import { parentPort } from 'node:worker_threads'
import { readInThread } from '@quadrant/ebpf'
import { systemClock } from '../../discover/host-clock.ts'
import type { ThreadBatch } from './gc-feed.ts'
import { type GcEvent, readGcEvent } from './gc-record.ts'

let events: GcEvent[] = []
let delaysUs: Array<number | undefined> = []
let unreadableCount = 0

readInThread(() => ({
  onRecord(words, at, byteLength) {
    const event = readGcEvent(words, at, byteLength)
    if (event === undefined) {
      unreadableCount++
      return
    }
    events.push(event)
    delaysUs.push(event.tells ? (systemClock.monotonicNs() - event.ts) / 1000 : undefined)
  },
  onBatch() {
    const batch: ThreadBatch = { events, delaysUs, unreadableCount }
    parentPort?.postMessage(batch)
    events = []
    delaysUs = []
    unreadableCount = 0
  },
}))
