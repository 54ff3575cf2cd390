import { readFileSync } from 'node:fs'
import { randomUUID } from 'node:crypto'
import { subscribe } from 'node:diagnostics_channel'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import manifest from '../package.json' with { type: 'json' }
import { openDataDirectory } from './data-directory.ts'
import type { Log } from './log.ts'
import { type AgentOptions, parseOptions } from './options.ts'
import { ParentWatch } from './supervision.ts'

const EXIT_FAILED = 1
const EXIT_USAGE = 2
const EXIT_HOST_CANNOT = 5

async function main(): Promise<void> {
  const argv = process.argv.slice(2)
  const parsed = parseOptions(argv, process.env, process.geteuid?.() ?? 0)
  if (!parsed.value) {
    if (parsed.isHelp) process.stdout.write(parsed.problem)
    else process.stderr.write(parsed.problem)
    process.exitCode = parsed.isHelp ? 0 : EXIT_USAGE
    return
  }
  const options = parsed.value
  const data = resolve(options.data)
  try {
    if (options.isConfined) await work(options, data, await openLog())
    else {
      // With all rights still, because it may have to be made.
      openDataDirectory(data)[Symbol.dispose]()
      const { confineAndRestart } = await import('./privilege/confine.ts')
      await confineAndRestart({
        source: options.source,
        data,
        script: import.meta.filename,
        argv: [...argv, '--data', data, '--confined'],
        environment: process.env,
        openLog,
      })
    }
  } catch (error) {
    const log = await openLog()
    log.fatal({ err: error }, (error as Error).message)
    process.exitCode ||= EXIT_FAILED
  }
  // Nothing that is left, a worker or a socket on its way out, is worth waiting for.
  process.exit()
}

async function work(options: AgentOptions, data: string, log: Log): Promise<void> {
  const stop = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, () => stop.abort())
  // Without a handler the signal would be the end.
  process.on('SIGUSR1', () => {})
  const parent = options.isSupervised ? new ParentWatch(() => stop.abort()) : undefined

  const { restartIfCompiling } = await import('./compiled-code.ts')
  const parts = await import('./parts.ts')
  const { lockDirectory, Journal, openDiskDirectory, openHostTracer, runAgent, checkHost } = parts
  if (stop.signal.aborted) return
  restartIfCompiling()

  using directory = openDataDirectory(data)
  using _lock = await lockDirectory(directory.path)
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  using journal = new Journal(openDiskDirectory(directory.path), {
    bootId,
    newAgentId: randomUUID(),
    limitBytes: options.journalLimitBytes,
  })
  const { state, cutBytes, otherBoot } = journal.opening
  const level = state === 'corrupt' ? 'error' : state === 'torn' ? 'warn' : 'info'
  log[level](
    { state, cutBytes, otherBoot, firstSeq: journal.firstSeq, nextSeq: journal.nextSeq },
    'journal opened',
  )

  subscribe('quadrant:observe', (message) => log.warn(message, 'tracer'))
  let tracer
  try {
    tracer = openHostTracer({
      host: hostname(),
      bootId,
      source: options.source,
      limits: { flowsPerSecond: options.flowCapPerSecond || undefined },
      restore: journal.takeRestore(),
    })
  } catch (error) {
    if (options.source === 'ebpf') process.exitCode = EXIT_HOST_CANNOT
    throw error
  }
  await using _tracer = tracer
  log.info({ source: tracer.source, blindSpots: tracer.blindSpots }, 'observing')

  await runAgent({
    tracer,
    journal,
    socketPath: `${data}/agent.sock`,
    host: hostname(),
    version: manifest.version,
    checkHost,
    floor: options,
    log,
    signal: stop.signal,
    onSecond: () => parent?.check(),
    releaseMemory: parts.releaseMemory,
    releaseProgramText: parts.releaseProgramText,
  })
  log.info({ nextSeq: journal.nextSeq, unsentFrames: journal.frameCount }, 'ended')
}

/** Loaded when there is something to say: the process that gives up its privileges rarely has. */
async function openLog(): Promise<Log> {
  return (await import('./log.ts')).openLog()
}

await main()
