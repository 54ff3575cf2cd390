// Fills a queue on disk until it is killed: writes each number after it was kept; each third is taken and done.
import { writeSync } from 'node:fs'
import { Parcel } from '../parcel.ts'
import { DiskQueue } from './disk-queue.ts'
import { diskQueueDirectory } from './queue-directory.ts'

const queue = new DiskQueue(diskQueueDirectory(process.argv[2]!), 512 * 1024 * 1024)
for (let number = 1; ; number++) {
  const body = new Uint8Array(200)
  new DataView(body.buffer).setUint32(0, number)
  if (queue.push(Parcel.ofBytes('traces', body, 1)) !== undefined) break
  writeSync(1, `${number}\n`)
  const queued = queue.take()
  if (queued && number % 3 === 0) queue.done(queued)
}
