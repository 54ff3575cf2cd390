/** Milliseconds, from and to. */
export interface TracedPause {
  readonly leastMs: number
  readonly mostMs: number
}

/** One line of `GODEBUG=gctrace=1`. */
export interface TracedCycle {
  readonly number: number
  /** Both pauses: it prints two digits, and cuts off the rest. */
  readonly sweepTermination: TracedPause
  readonly markTermination: TracedPause
  /** Mebibytes, rounded down. */
  readonly heapStartMb: number
  readonly heapEndMb: number
  readonly heapLiveMb: number
  readonly goalMb: number
  readonly assistMs: number
  readonly dedicatedMs: number
  readonly idleMs: number
  readonly procs: number
  readonly isForced: boolean
}

/** The format is that of `gcMarkTermination` in runtime/mgc.go. */
const LINE =
  /^gc (\d+) @[\d.]+s \d+%: ([\d.]+)\+[\d.]+\+([\d.]+) ms clock, [\d.]+\+([\d.]+)\/([\d.]+)\/([\d.]+)\+[\d.]+ ms cpu, (\d+)->(\d+)->(\d+) MB, (\d+) MB goal,.* (\d+) P( \(forced\))?$/gm

export function parseGcTrace(text: string): readonly TracedCycle[] {
  return [...text.matchAll(LINE)].map(([, ...fields]) => {
    const [number, , , assist, dedicated, idle, start, end, live, goal, procs] = fields.map(Number)
    return {
      number: number!,
      sweepTermination: tracedPause(fields[1]!),
      markTermination: tracedPause(fields[2]!),
      heapStartMb: start!,
      heapEndMb: end!,
      heapLiveMb: live!,
      goalMb: goal!,
      assistMs: assist!,
      dedicatedMs: dedicated!,
      idleMs: idle!,
      procs: procs!,
      isForced: fields[11] !== undefined,
    }
  })
}

/** See `fmtNSAsMS`. */
function tracedPause(text: string): TracedPause {
  const leastMs = Number(text)
  const decimals = text === '0' ? 3 : (text.split('.')[1]?.length ?? 0)
  return { leastMs, mostMs: leastMs + 10 ** -decimals }
}
