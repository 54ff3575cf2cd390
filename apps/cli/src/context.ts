import type { Writable } from 'node:stream'
import type { CommandContext } from '@stricli/core'
import { paint, type Paint } from './output/paint.ts'

/** A stream of output. `columns` is the width of the terminal, undefined where it is not one. */
export interface Output {
  readonly write: (content: string | Uint8Array) => void
  /** The same, for those that write much and must wait while it is full. */
  readonly stream: Writable
  readonly getColorDepth?: (env?: Record<string, string | undefined>) => number
  readonly isTTY: boolean
  readonly columns: number | undefined
  readonly rows: number | undefined
}

export type Env = Readonly<Record<string, string | undefined>>

/** All that a command may use of the process that it runs in. */
export interface Context extends CommandContext {
  readonly process: {
    readonly stdout: Output
    readonly stderr: Output
    readonly env: Env
    exitCode: number | undefined
  }
  readonly stdout: Output
  readonly stderr: Output
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly env: Env
  readonly uid: number
  /** Colours for stdout. */
  readonly paint: Paint
  /** Colours for stderr. */
  readonly paintNotes: Paint
  /** How this command is typed here, for hints: `quadrant`, or `npx quadrant` in a clone. */
  readonly command: string
  /** Milliseconds of the Unix epoch. */
  readonly now: () => number
  /** Aborted when the person interrupts (SIGINT) or the reader of stdout has gone. */
  readonly signal: AbortSignal
}

/** A line for the person, on stderr. */
export function note(context: Context, text: string): void {
  context.stderr.write(`${text}\n`)
}

export interface ContextOptions {
  readonly signal: AbortSignal
  /** Whether the program runs from its source tree rather than from an installed package. */
  readonly inTree: boolean
}

export function processContext(process: NodeJS.Process, options: ContextOptions): Context {
  const stdout = streamOutput(process.stdout)
  const stderr = streamOutput(process.stderr)
  const env = process.env
  return {
    process: { stdout, stderr, env, exitCode: undefined },
    stdout,
    stderr,
    stdin: process.stdin,
    env,
    uid: process.getuid?.() ?? -1,
    paint: paint(wantsColour(env, stdout)),
    paintNotes: paint(wantsColour(env, stderr)),
    command: options.inTree ? 'npx quadrant' : 'quadrant',
    now: () => Date.now(),
    signal: options.signal,
  }
}

function streamOutput(stream: NodeJS.WriteStream): Output {
  return {
    write: (content) => void stream.write(content),
    stream,
    getColorDepth: (env) => (wantsColour(env ?? {}, stream) ? 4 : 1),
    get isTTY() {
      return stream.isTTY
    },
    get columns() {
      return stream.isTTY ? stream.columns : undefined
    },
    get rows() {
      return stream.isTTY ? stream.rows : undefined
    },
  }
}

/** FORCE_COLOR wins over NO_COLOR, as in Node itself; else colours on a terminal only. */
function wantsColour(env: Env, stream: { readonly isTTY: boolean }): boolean {
  const force = env['FORCE_COLOR']
  if (force !== undefined) return force !== '0' && force !== 'false'
  if (env['NO_COLOR']) return false
  return stream.isTTY && env['TERM'] !== 'dumb'
}
