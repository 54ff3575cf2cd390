import { WINDOW_FRAMES, WINDOW_PART } from './limits.ts'
import { type Losses, SPOOL_STAGE } from './losses.ts'
import type { RandomAccessFile } from './random-access-file.ts'
import { RecordKind, encodeRecord } from './record.ts'
import { RecordWriter } from './record-writer.ts'
import type { JournalIdentity } from './recovery.ts'
import { Spool } from './spool.ts'

export interface Rewrite {
  readonly identity: JournalIdentity
  /** The tracer's whole state. */
  readonly whole: Uint8Array | undefined
  /** The frames of the file so far. */
  readonly spool: Spool
  readonly limitBytes: number
  /** What falls out is added, and all of them are written to the file. */
  readonly losses: Losses
}

/**
 * Writes to an empty file what is worth keeping: the tracer's whole state and the frames that are not done. Frames beyond
 * half of the limit fall out, the oldest first, but for those that may have been sent already.
 *
 * @throws the system's error
 */
export function writeAnew(
  file: RandomAccessFile,
  { identity, whole, spool: old, limitBytes, losses }: Rewrite,
): { readonly spool: Spool; readonly lostProcesses: boolean } {
  const { doneSeq, sentSeq } = old
  const spool = new Spool(file, doneSeq, sentSeq)
  const writer = new RecordWriter(file)
  writer.add(
    encodeRecord({ kind: RecordKind.HEADER, main: new TextEncoder().encode(JSON.stringify(identity)) }),
  )
  if (whole) writer.add(encodeRecord({ kind: RecordKind.WHOLE, checkpoint: whole }))

  let excessBytes = old.frameBytes - Math.max(0, limitBytes - (whole?.length ?? 0)) / 2
  let lostProcesses = false
  let frames = 0
  let bytes = 0
  for (const { seq, batch, sound } of old.frames()) {
    // What may be in flight stays, so that no frame is both committed and counted as lost.
    const mayBeSent = frames < WINDOW_FRAMES && bytes < limitBytes * WINDOW_PART
    frames++
    bytes += batch.length
    if (!sound) {
      // What was to be sent before was counted then.
      if (seq > sentSeq) losses.count(SPOOL_STAGE, 'damaged-frames', 1)
      lostProcesses = true
    } else if (!mayBeSent && excessBytes > 0) {
      excessBytes -= batch.length
      lostProcesses = losses.addBatch(batch, 'server-away') || lostProcesses
    } else {
      const record = encodeRecord({ kind: RecordKind.FRAME, seq, main: batch })
      spool.added(writer.add(record), record)
    }
  }
  const main = losses.isEmpty ? undefined : losses.toJson()
  writer.add(encodeRecord({ kind: RecordKind.DONE, seq: doneSeq, main }))
  writer.flush()
  return { spool, lostProcesses }
}
