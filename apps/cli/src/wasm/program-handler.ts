import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  StreamInput,
  StreamOutput,
  WasmError,
  type CommandResult,
  type ResidentProgram,
} from '@quadrant/wasm'
import { printable } from '../output/printable.ts'
import { BoundedOutput } from './bounded-output.ts'

/** What a program says on stderr in one run, as far as it is told. */
const STDERR_BYTES_MAX = 64 << 10

export interface ServedProgram {
  readonly name: string
  readonly digest: string
  readonly program: ResidentProgram
}

export interface HandlerOptions {
  readonly programs: ReadonlyMap<string, ServedProgram>
  readonly timeoutMs: number
  /** Whether any name of this host is accepted: it listens to other machines. */
  readonly isPublic: boolean
  /** Tells how a run ended that did not end well, with what it said on stderr. */
  readonly tell: (name: string, ending: string, stderr: string) => void
}

/**
 * Answers requests by runs: the body is stdin, stdout the answer. `/` tells of the programs.
 *
 * Exit code and fuel come as trailers. Where a program wrote nothing and did not end well, the answer is 500 with its
 * stderr, 503 where too many run.
 */
export function programHandler(options: HandlerOptions) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const problem = problemOf(request, options.isPublic)
    if (problem !== undefined) {
      answer(response, 403, problem)
      return
    }
    const path = pathOf(request)
    if (path === '/') {
      response.setHeader('content-type', 'application/json')
      response.end(`${JSON.stringify(statusOf(options.programs), undefined, 2)}\n`)
      return
    }
    const served = options.programs.get(path.slice(1))
    if (served === undefined)
      answer(
        response,
        404,
        `there is no program ${path}; there are ${[...options.programs.keys()].join(', ')}`,
      )
    else if (request.method !== 'POST') {
      response.setHeader('allow', 'POST')
      answer(response, 405, 'programs are run by POST')
    } else
      run(served, request, response, options).catch((error: unknown) => {
        options.tell(served.name, `could not be run: ${String(error)}`, '')
        response.destroy()
      })
  }
}

function pathOf({ url = '/' }: IncomingMessage): string {
  const path = url.split('?', 1)[0]!
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** A page of another site must not run programs here: browsers say where a request is from. */
function problemOf({ headers }: IncomingMessage, isPublic: boolean): string | undefined {
  const site = headers['sec-fetch-site']
  if (headers.origin !== undefined || (site !== undefined && site !== 'none' && site !== 'same-origin'))
    return 'requests of web pages are refused'
  const host = headers.host?.replace(/:\d+$/, '')
  if (isPublic || host === undefined || host === '' || LOOPBACK.has(host)) return undefined
  return `the host ${printable(host)} is not this one`
}

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

function answer(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status
  response.setHeader('content-type', 'text/plain; charset=utf-8')
  response.end(`${text}\n`)
}

function statusOf(programs: ReadonlyMap<string, ServedProgram>) {
  const status = ({ name, digest, program }: ServedProgram) => ({ name, digest, ...program.counts })
  return { programs: [...programs.values()].map(status) }
}

async function run(
  { name, program }: ServedProgram,
  request: IncomingMessage,
  response: ServerResponse,
  { timeoutMs, tell }: HandlerOptions,
): Promise<void> {
  const stderr = new BoundedOutput(STDERR_BYTES_MAX)
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  // HTTP/1.0 has no chunks, and so no trailers.
  const hasTrailers = request.httpVersion !== '1.0'
  if (hasTrailers) response.setHeader('trailer', 'quadrant-exit, quadrant-fuel')
  response.setHeader('content-type', 'application/octet-stream')
  try {
    const result = await program.run({
      stdin: new StreamInput(request),
      stdout: new StreamOutput(response),
      stderr,
      wallTimeMsMax: timeoutMs,
      signal: gone.signal,
    })
    end(result, name, response, stderr, tell)
  } catch (error) {
    if (!(error instanceof WasmError)) throw error
    tell(name, error.message, '')
    answer(response, 500, `${name}: ${error.message}`)
  }
}

function end(
  result: CommandResult | undefined,
  name: string,
  response: ServerResponse,
  stderr: BoundedOutput,
  tell: HandlerOptions['tell'],
): void {
  if (result === undefined) {
    response.setHeader('retry-after', '1')
    answer(response, 503, `${name}: too many runs at once`)
    return
  }
  const ending = endingOf(result)
  if (ending !== undefined) tell(name, ending, stderr.text)
  if (ending !== undefined && !response.headersSent) {
    response.setHeader('quadrant-exit', exitOf(result))
    response.removeHeader('trailer')
    answer(
      response,
      500,
      [`${name} ${ending}`, stderr.text.trimEnd()].filter((text) => text !== '').join('\n'),
    )
    return
  }
  // Trailers need chunks, which a single write would not have.
  if (!response.headersSent) response.flushHeaders()
  if (response.hasHeader('trailer'))
    response.addTrailers({
      'quadrant-exit': exitOf(result),
      ...(result.fuelUsed === undefined ? {} : { 'quadrant-fuel': String(result.fuelUsed) }),
    })
  response.end()
}

function exitOf(result: CommandResult): string {
  return result.kind === 'exit' ? String(result.code) : result.kind === 'killed' ? result.reason : 'trap'
}

/** Undefined where it ended well. */
function endingOf(result: CommandResult): string | undefined {
  if (result.kind === 'exit') return result.code === 0 ? undefined : `exited with ${result.code}`
  if (result.kind === 'killed') return KILLED[result.reason]
  const where = result.frames[0]?.functionName
  return `trapped: ${printable(result.message)}${where === undefined ? '' : ` in ${printable(where)}`}`
}

const KILLED = {
  aborted: 'was given up by the client',
  'wall-time': 'ran longer than --timeout',
  fuel: 'used its --fuel up',
  memory: 'used its memory up',
} as const
