import type { Analysis, Diagnostic } from '@quadrant/core'

/** A piece of a process's memory that holds code. */
export interface Mapping {
  readonly start: number
  readonly end: number
  /** Where `start` is in the file. */
  readonly fileOffset: number
  /** `major:minor` in hexadecimal, as the kernel writes it. */
  readonly device: string
  /** 0 where no file is behind it. */
  readonly inode: number
  /** As the process sees it; `[vdso]` and the like; empty where there is none. */
  readonly path: string
}

/** Executable mappings of one process that are kept: those of a browser are some 500. */
const MAPPINGS_MAX = 8192

/** Of one path: PATH_MAX, each byte written as `\ooo` at the worst. */
const PATH_LENGTH_MAX = 4 * 4096

/** Findings that are told of one text. */
const DIAGNOSTICS_MAX = 8

const LINE =
  /^([0-9a-f]{1,16})-([0-9a-f]{1,16}) (..)(.). ([0-9a-f]{1,16}) ([0-9a-f]+:[0-9a-f]+) (\d{1,20})(?: +(.*))?$/

/** The executable mappings in the text of a /proc/PID/maps (proc_pid_maps(5)), sorted by address. */
export function parseProcessMaps(text: string): Analysis<readonly Mapping[]> {
  const mappings: Mapping[] = []
  const diagnostics: Diagnostic[] = []
  const complain = (code: string, message: string, start: number, end: number) => {
    if (diagnostics.length < DIAGNOSTICS_MAX)
      diagnostics.push({ code, severity: 'warning', message, range: { start, end } })
  }
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf('\n', start)
    const end = newline === -1 ? text.length : newline
    if (mappings.length >= MAPPINGS_MAX) {
      complain('PROM002', `more than ${MAPPINGS_MAX} executable mappings: the rest is not read`, start, end)
      break
    }
    const line = text.slice(start, Math.min(end, start + PATH_LENGTH_MAX + 100))
    const mapping = parseLine(line)
    if (mapping === undefined) complain('PROM001', 'not a line of a list of mappings', start, end)
    else if (mapping !== 'not-code') mappings.push(mapping)
    start = end + 1
  }
  mappings.sort((a, b) => a.start - b.start)
  return { value: mappings, diagnostics }
}

function parseLine(line: string): Mapping | 'not-code' | undefined {
  const match = LINE.exec(line)
  if (match === null) return undefined
  const [, from, to, , execute, offset, device, inode, path = ''] = match
  const start = Number.parseInt(from!, 16)
  const end = Number.parseInt(to!, 16)
  if (end < start) return undefined
  // Above all that a program has there is `[vsyscall]`, which nobody runs any more.
  if (execute !== 'x' || !Number.isSafeInteger(end)) return 'not-code'
  return {
    start,
    end,
    fileOffset: Number.parseInt(offset!, 16),
    device: device!,
    inode: Number(inode),
    path: path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    ),
  }
}

/** The mapping that has an address, of a sorted list. */
export function mappingAt(mappings: readonly Mapping[], address: number): Mapping | undefined {
  let low = 0
  let high = mappings.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (mappings[middle]!.start <= address) low = middle + 1
    else high = middle
  }
  const mapping = mappings[low - 1]
  return mapping !== undefined && address < mapping.end ? mapping : undefined
}
