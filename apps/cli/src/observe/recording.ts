import { fromJson } from '@bufbuild/protobuf'
import { FlowSchema, type Flow } from '@quadrant/proto'

/** A line longer than this is no flow; it is skipped without being held. */
const LINE_CHARACTERS_MAX = 65_536

export interface BadLine {
  /** Counted from 1. */
  readonly line: number
  readonly reason: string
}

/** Flows of a recording (`observe -o jsonl`), read in pieces. Whatever the input, nothing is thrown. */
export interface RecordingReader {
  /** Takes text; calls back for each line that it completes. */
  push(text: string): void
  /** The last line may lack its end. */
  end(): void
}

export function recordingReader(
  onFlow: (flow: Flow) => void,
  onBadLine: (bad: BadLine) => void,
): RecordingReader {
  let rest = ''
  let overlong = false
  let line = 0
  const finish = (text: string) => {
    line++
    if (overlong) {
      overlong = false
      onBadLine({ line, reason: `longer than ${LINE_CHARACTERS_MAX} characters` })
      return
    }
    const trimmed = text.trim()
    if (trimmed === '') return
    const read = readFlow(trimmed)
    if (typeof read === 'string') onBadLine({ line, reason: read })
    else onFlow(read)
  }
  return {
    push(text) {
      let start = 0
      for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', start)) {
        rest += text.slice(start, at)
        if (rest.length > LINE_CHARACTERS_MAX) overlong = true
        const whole = rest
        rest = ''
        finish(whole)
        start = at + 1
      }
      rest += text.slice(start)
      if (rest.length > LINE_CHARACTERS_MAX) {
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

/** The flow in a line, or why there is none. */
function readFlow(text: string): Flow | string {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return 'not JSON'
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return 'not a JSON object'
  try {
    // Fields of later versions are skipped; a wrong type or an unknown event is not.
    const flow = fromJson(FlowSchema, json as Parameters<typeof fromJson>[1], { ignoreUnknownFields: true })
    return flow.event === 0 ? 'not a flow: it has no event' : flow
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return `not a flow: ${message.slice(0, 200)}`
  }
}
