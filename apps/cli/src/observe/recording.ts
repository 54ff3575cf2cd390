import type { JsonObject } from '@bufbuild/protobuf'
import type { FieldQuery } from '@quadrant/core'

export interface BadLine {
  /** Counted from 1. */
  readonly line: number
  readonly reason: string
}

/** What the lines of a recording are. */
export interface Recorded<Row> {
  /** A longer line is none; it is skipped without being held. */
  readonly lineCharactersMax: number
  /** The row in a line, or why there is none. */
  readonly read: (json: JsonObject) => Row | string
  /** When it happened, nanoseconds of the Unix epoch. */
  readonly timeNs: (row: Row) => number
  /** Whether a query of the server's finds it. */
  readonly matches: (row: Row, query: FieldQuery) => boolean
}

/** Rows of a recording (`observe -o jsonl`), read in pieces. Whatever the input, nothing is thrown. */
export interface RecordingReader {
  /** Takes text; calls back for each line that it completes. */
  push(text: string): void
  /** The last line may lack its end. */
  end(): void
}

export function recordingReader<Row>(
  { read, lineCharactersMax }: Pick<Recorded<Row>, 'read' | 'lineCharactersMax'>,
  onRow: (row: Row) => void,
  onBadLine: (bad: BadLine) => void,
): RecordingReader {
  let rest = ''
  let overlong = false
  let line = 0
  const finish = (text: string) => {
    line++
    if (overlong) {
      overlong = false
      onBadLine({ line, reason: `longer than ${lineCharactersMax} characters` })
      return
    }
    const trimmed = text.trim()
    if (trimmed === '') return
    const json = objectIn(trimmed)
    const row = typeof json === 'string' ? json : read(json)
    if (typeof row === 'string') onBadLine({ line, reason: row })
    else onRow(row)
  }
  return {
    push(text) {
      let start = 0
      for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', start)) {
        rest += text.slice(start, at)
        if (rest.length > lineCharactersMax) overlong = true
        const whole = rest
        rest = ''
        finish(whole)
        start = at + 1
      }
      rest += text.slice(start)
      if (rest.length > lineCharactersMax) {
        overlong = true
        rest = ''
      }
    },
    end() {
      if (rest !== '' || overlong) finish(rest)
      rest = ''
    },
  }
}

/** The object in a line, or why there is none. */
function objectIn(text: string): JsonObject | string {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return 'not JSON'
  }
  const isObject = typeof json === 'object' && json !== null && !Array.isArray(json)
  return isObject ? (json as JsonObject) : 'not a JSON object'
}

/** Why a line is none, in a sentence of bounded length. */
export function unreadable(what: string, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return `not a ${what}: ${message.slice(0, 200)}`
}
