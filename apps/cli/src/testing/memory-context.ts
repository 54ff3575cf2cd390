import { Readable } from 'node:stream'
import type { Context, Output } from '../context.ts'
import { paint } from '../output/paint.ts'

export interface MemoryContext extends Context {
  /** What was written so far. */
  out(): string
  err(): string
}

export interface MemoryContextOptions {
  readonly columns?: number
  readonly colour?: boolean
  readonly stdin?: string
  readonly nowMs?: number
}

/** A context that keeps its output, for tests of commands without a process. A terminal where `columns` are given. */
export function memoryContext(options: MemoryContextOptions = {}): MemoryContext {
  const texts = { out: '', err: '' }
  const output = (name: 'out' | 'err'): Output => ({
    write: (text) => void (texts[name] += text),
    isTTY: options.columns !== undefined,
    columns: options.columns,
    rows: options.columns === undefined ? undefined : 24,
  })
  const stdout = output('out')
  const stderr = output('err')
  return {
    process: { stdout, stderr, env: {}, exitCode: undefined },
    stdout,
    stderr,
    stdin: Readable.from([options.stdin ?? '']),
    env: {},
    uid: 1000,
    paint: paint(options.colour ?? false),
    paintNotes: paint(false),
    command: 'quadrant',
    now: () => options.nowMs ?? 0,
    signal: new AbortController().signal,
    out: () => texts.out,
    err: () => texts.err,
  }
}
