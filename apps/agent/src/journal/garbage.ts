/** Below this a file is not worth being rewritten. */
const GARBAGE_BYTES_MIN = 4 << 20
const DELTA_BYTES_MIN = 8 << 20

export interface FileUse {
  readonly limitBytes: number
  readonly fileBytes: number
  /** Frames that are not done. */
  readonly frameBytes: number
  /** The tracer's whole state, and the deltas after it. */
  readonly wholeBytes: number
  readonly deltaBytes: number
}

/** Whether so much of a journal's file is of no more use, or so many deltas have to be replayed, that it should be written anew. */
export function isWorthRewriting(use: FileUse): boolean {
  const { limitBytes, fileBytes, wholeBytes, deltaBytes } = use
  if (fileBytes > limitBytes) return true
  if (deltaBytes > Math.max(Math.min(DELTA_BYTES_MIN, limitBytes / 8), 4 * wholeBytes)) return true
  const liveBytes = wholeBytes + deltaBytes + use.frameBytes
  return fileBytes - liveBytes > Math.max(Math.min(GARBAGE_BYTES_MIN, limitBytes / 8), 2 * liveBytes)
}
