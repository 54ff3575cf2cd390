// A module for `ReaderThread`: how late each time stamp of a ring is, nanoseconds, told at the end.
import { parentPort } from 'node:worker_threads'
import { readInThread } from './reader-thread.ts'

const delaysNs: number[] = []
let batchCount = 0
readInThread((data) => {
  parentPort!.postMessage({ data })
  return {
    onRecord(words, at, byteLength) {
      const now = process.hrtime()
      const nowNs = now[0] * 1e9 + now[1]
      // Up to 2^53 ns, 104 days since boot, a double has every nanosecond.
      if (byteLength === 8) delaysNs.push(nowNs - (words[at + 1]! * 2 ** 32 + words[at]!))
    },
    onBatch() {
      batchCount++
    },
  }
})
parentPort!.postMessage({ delaysNs, batchCount })
