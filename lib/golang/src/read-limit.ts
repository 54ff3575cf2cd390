import type { ByteSource } from './byte-source.ts'
import { GolangError } from './error.ts'

/** A source that gives only so much, until the limit is lifted. */
export interface LimitedSource {
  readonly source: ByteSource
  lift(): void
}

/** What a read costs at least, however short: so that many short ones are limited, too. */
const READ_BYTES_MIN = 4096

/**
 * Limits what is read of a source in all. What reads a file's tables goes where they point to: made for it, they can
 * send it through the same bytes again and again.
 *
 * The source throws a {@link GolangError} `limit` when there is nothing left.
 */
export function limitReads(source: ByteSource, bytesMax: number): LimitedSource {
  let bytesLeft = bytesMax
  return {
    source: {
      byteLength: source.byteLength,
      read(offset, length) {
        bytesLeft -= Math.max(length, READ_BYTES_MIN)
        if (bytesLeft < 0) throw new GolangError('limit', `more than ${bytesMax} bytes had to be read`)
        return source.read(offset, length)
      },
    },
    lift() {
      bytesLeft = Number.POSITIVE_INFINITY
    },
  }
}
