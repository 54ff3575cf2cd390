import { CliError, ExitCode } from '../cli-error.ts'
import { note, type Context, type Env } from '../context.ts'
import { formatChildLog } from './child-log.ts'
import { Supervised, type ChildExit } from './supervised.ts'

export interface PartOptions {
  readonly name: 'agent' | 'server'
  readonly args: readonly string[]
  readonly onLine?: (line: string) => void
  /** Names of variables of the environment that it gets besides its own few. */
  readonly variables?: readonly string[]
  /** Whether it is known to have worked: then it is started again for ever. */
  readonly hasWorked?: () => boolean
  /** It cannot run: nothing is started again. */
  readonly onFailure: (error: CliError) => void
}

/** A part that dies this often in a row without ever having worked will not work the next time either. */
const FAILED_STARTS_MAX = 5
const WORKED_MS = 5000
/** Log lines that are shown when a part does not start. */
const LAST_LINES = 8

/** One of the two processes that `up` keeps alive; its log goes to our stderr. */
export function part(options: PartOptions, context: Context): Supervised {
  const { name } = options
  const lastLines: string[] = []
  let failedStarts = 0
  let worked = false
  return new Supervised({
    name,
    args: options.args,
    env: partEnvironment(context.env, options.variables),
    ...(options.onLine ? { onLine: options.onLine } : {}),
    onLog: (line) => {
      lastLines.push(line)
      if (lastLines.length > LAST_LINES) lastLines.shift()
      showLog(name, line, context)
    },
    onExit: (exit) => {
      worked ||= exit.livedMs >= WORKED_MS || options.hasWorked?.() === true
      // Killed by somebody is not a start that failed.
      if (!worked && exit.signal !== 'SIGKILL' && exit.signal !== 'SIGTERM') failedStarts++
      const error = failure(options, exit, failedStarts, lastLines, context)
      if (error) options.onFailure(error)
      else
        note(
          context,
          context.paintNotes(
            'yellow',
            `the ${name} ${describeExit(exit)}; starting it again in ${Math.round(exit.restartInMs)} ms`,
          ),
        )
      return error === undefined
    },
  })
}

/** Whatever `NODE_OPTIONS` or a preloaded library is set for us is not meant for the parts. */
export function partEnvironment(env: Env, variables: readonly string[] = []): Env {
  const { PATH, TZ, NODE_COMPILE_CACHE } = env
  const environment: Record<string, string | undefined> = {
    PATH,
    TZ,
    NODE_COMPILE_CACHE,
    ...Object.fromEntries(variables.map((name) => [name, env[name]])),
  }
  for (const [name, value] of Object.entries(environment)) if (value === undefined) delete environment[name]
  return environment
}

/** A person gets words, from warnings on; a file or a collector gets the lines as they are. */
function showLog(name: string, line: string, context: Context): void {
  if (!context.stderr.isTTY) {
    context.stderr.write(`${line}\n`)
    return
  }
  const text = formatChildLog(name, line, {
    paint: context.paintNotes,
    verbose: Boolean(context.env['QUADRANT_VERBOSE']),
  })
  if (text !== undefined) note(context, text)
}

function failure(
  { name }: PartOptions,
  exit: ChildExit,
  failedStarts: number,
  lastLines: readonly string[],
  context: Context,
): CliError | undefined {
  const told = lastLines
    .map((line) => formatChildLog(name, line, { paint: (_colour, text) => text, verbose: true }))
    .filter((line) => line !== undefined)
    .join('\n')
  const said = told === '' ? '' : `\n${told}`
  if (exit.code === ExitCode.hostCannot)
    return new CliError('QDR-C009', `this host cannot do what the ${name} was asked for${said}`, {
      fix: `${context.command} doctor says what is missing; --source auto takes what there is`,
    })
  if (exit.code === ExitCode.usage || failedStarts >= FAILED_STARTS_MAX)
    return new CliError('QDR-C008', `the ${name} does not start: it ${describeExit(exit)}${said}`, {
      fix: `${context.command} doctor checks this host`,
    })
  return undefined
}

function describeExit(exit: ChildExit): string {
  if (exit.signal) return `was killed by ${exit.signal}`
  return `ended with ${exit.code}`
}
