import { Readable, Writable } from 'node:stream'
import type { Context, Output } from '../context.ts'
import { paint } from '../output/paint.ts'

export interface MemoryContext extends Context {
  /** What was written so far. */
  out(): string
  /** The same, as it was written. */
  outBytes(): Uint8Array
  err(): string
}

export interface MemoryContextOptions {
  readonly columns?: number
  readonly colour?: boolean
  readonly stdin?: string
  /** Of a clock that stands. */
  readonly nowMs?: number
  /** A clock that goes. */
  readonly now?: () => number
  readonly signal?: AbortSignal
}

/** A context that keeps its output, for tests of commands without a process. A terminal where `columns` are given. */
export function memoryContext(options: MemoryContextOptions = {}): MemoryContext {
  const written: Record<'out' | 'err', Buffer[]> = { out: [], err: [] }
  const output = (name: 'out' | 'err'): Output => ({
    write: (content) =>
      void written[name].push(typeof content === 'string' ? Buffer.from(content) : Buffer.from(content)),
    stream: new Writable({
      write(content: Buffer, _encoding, done) {
        written[name].push(content)
        done()
      },
    }),
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
    now: options.now ?? (() => options.nowMs ?? 0),
    signal: options.signal ?? new AbortController().signal,
    out: () => Buffer.concat(written.out).toString(),
    outBytes: () => new Uint8Array(Buffer.concat(written.out)),
    err: () => Buffer.concat(written.err).toString(),
  }
}
