import { Losses } from './losses.ts'
import type { RandomAccessFile } from './random-access-file.ts'
import { FLAG_TELLS_LOSSES, RecordKind, checkpointOf, mainOf } from './record.ts'
import { RecordScanner, type ScanEnd } from './scan.ts'

/** What the first record says. */
export interface JournalIdentity {
  readonly version: 1
  readonly agentId: string
  /** Socket cookies and start times are worth something within one boot only. */
  readonly bootId: string
  readonly nextSeq: number
}

/** What a journal file says, read as far as it is sound. Reading never throws on damage. */
export interface Recovery {
  /** Undefined in a new file, and in one whose beginning is not ours. */
  readonly identity: JournalIdentity | undefined
  readonly end: ScanEnd
  readonly soundBytes: number
  readonly cutBytes: number
  /** The tracer's state: the whole one first, then the deltas since. Empty where none was written. */
  readonly restore: readonly Uint8Array[]
  readonly wholeBytes: number
  readonly deltaBytes: number
  /** Highest sequence number in use. */
  readonly lastSeq: number
  readonly doneSeq: number
  /** Counted and not told. */
  readonly losses: Losses
}

export function recover(file: RandomAccessFile): Recovery {
  const scanner = new RecordScanner(file)
  let identity: JournalIdentity | undefined
  let restore: Uint8Array[] = []
  let wholeBytes = 0
  let deltaBytes = 0
  let lastSeq = 0
  let doneSeq = 0
  const losses = new Losses()

  for (let record = scanner.next(); record; record = scanner.next()) {
    const { head, bytes } = record
    if (record.offset === 0) {
      identity = parseIdentity(head.kind === RecordKind.HEADER ? mainOf(bytes, head) : undefined)
      if (!identity) return { ...nothing(losses), cutBytes: file.sizeBytes, end: 'corrupt' }
      lastSeq = identity.nextSeq - 1
      continue
    }
    lastSeq = Math.max(lastSeq, head.seq)
    const checkpoint = checkpointOf(bytes, head)
    if (head.kind === RecordKind.WHOLE) {
      restore = [checkpoint.slice()]
      wholeBytes = checkpoint.length
      deltaBytes = 0
    } else if (checkpoint.length > 0) {
      restore.push(checkpoint.slice())
      deltaBytes += checkpoint.length
    }
    if (head.kind === RecordKind.FRAME && head.flags & FLAG_TELLS_LOSSES) losses.clear()
    if (head.kind === RecordKind.DONE) {
      doneSeq = Math.max(doneSeq, head.seq)
      if (head.mainBytes > 0) {
        losses.clear()
        losses.addJson(mainOf(bytes, head))
      }
    }
  }
  return {
    identity,
    end: scanner.end ?? 'end',
    soundBytes: scanner.offset,
    cutBytes: file.sizeBytes - scanner.offset,
    restore,
    wholeBytes,
    deltaBytes,
    lastSeq,
    doneSeq,
    losses,
  }
}

function nothing(losses: Losses): Recovery {
  return {
    identity: undefined,
    end: 'end',
    soundBytes: 0,
    cutBytes: 0,
    restore: [],
    wholeBytes: 0,
    deltaBytes: 0,
    lastSeq: 0,
    doneSeq: 0,
    losses,
  }
}

function parseIdentity(json: Uint8Array | undefined): JournalIdentity | undefined {
  if (!json) return undefined
  try {
    const identity = JSON.parse(new TextDecoder().decode(json)) as JournalIdentity
    const sound =
      identity.version === 1 &&
      typeof identity.agentId === 'string' &&
      typeof identity.bootId === 'string' &&
      Number.isSafeInteger(identity.nextSeq)
    return sound ? identity : undefined
  } catch {
    return undefined
  }
}
