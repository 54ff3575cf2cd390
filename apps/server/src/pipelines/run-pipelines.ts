import { resolve } from 'node:path'
import {
  BatchConverter,
  type ConvertibleBatch,
  diskQueueDirectory,
  loadPipelineRun,
  PipelineError,
  type StageCounts,
  systemPipelineClock,
} from '@quadrant/observe'
import { create } from '@bufbuild/protobuf'
import { type Process, ProcessSchema } from '@quadrant/proto'
import type { Logger } from 'pino'
import { ServerError } from '../error.ts'
import { openListener } from './open-listener.ts'
import type { PipelineFile } from './read-pipelines.ts'

/** A backend that is away is told once in so long for each exporter. */
const PROBLEM_INTERVAL_MS = 60_000

/** The pipelines of this server. */
export interface ServerPipelines extends AsyncDisposable {
  /** Tells on what a host's batch said. */
  tell(host: string, batch: ConvertibleBatch): void
  counts(): readonly StageCounts[]
}

export interface RunPipelinesOptions {
  /** Relative paths of files and queues begin here. */
  readonly stateDir: string
  readonly version: string
  readonly log: Logger
  /** Processes that were told before this server began. */
  readonly processes: (host: string, keys: readonly string[]) => Promise<readonly Process[]>
}

/** Starts the pipelines and listens for them. @throws {ServerError} */
export async function runPipelines(
  { spec, certificates, warnings }: PipelineFile,
  { stateDir, version, log, processes }: RunPipelinesOptions,
): Promise<ServerPipelines> {
  for (const warning of warnings) log.warn({ warning }, 'pipeline file')
  const read = (path: string) => {
    const content = certificates.get(path)
    if (!content) throw new ServerError('permission', `${path} was not read in time`)
    return content
  }
  const toldMs = new Map<string, number>()
  const start = await loadPipelineRun()
  await using stack = new AsyncDisposableStack()
  const pipelines = stack.use(
    begin(() =>
      start(spec, {
        clock: systemPipelineClock,
        directory: (path) => diskQueueDirectory(resolve(stateDir, path)),
        readFile: read,
        onProblem: (component, message) => {
          const now = performance.now()
          if (now - (toldMs.get(component) ?? -PROBLEM_INTERVAL_MS) < PROBLEM_INTERVAL_MS) return
          toldMs.set(component, now)
          log.warn({ component, message }, 'exporter')
        },
      }),
    ),
  )
  for (const listener of pipelines.listeners) {
    stack.use(await openListener(listener, read))
    const { component, kind, host, port } = listener
    log.info({ component, kind, address: `${host}:${port}` }, 'pipeline listens')
  }
  const converter = new BatchConverter(version)
  const owned = stack.move()
  return {
    tell(host, batch) {
      const { wantsOwn, wantsOwnTraces } = pipelines
      if (!wantsOwn && !wantsOwnTraces) return
      // Refused by a limit: counted there. The store has the batch all the same.
      const pass = () => {
        const metrics = converter.convert(host, batch)
        if (wantsOwn) pipelines.tell(metrics)
        const traces = wantsOwnTraces ? converter.convertTraces(host, batch) : undefined
        if (traces) pipelines.tellTraces(traces)
      }
      const failed = (error: unknown) => log.error({ err: error, host }, 'a batch was not told on')
      const unknown = converter.unknownProcesses(host, batch)
      if (unknown.length > 0)
        processes(host, unknown)
          .then((known) => {
            const found = new Set(known.map(({ key }) => key))
            // Those that not even the store knows are not asked for again.
            const rest = unknown.filter((key) => !found.has(key)).map(bare)
            converter.remember(host, [...known, ...rest])
            pass()
          })
          .catch(failed)
      else
        try {
          pass()
        } catch (error) {
          failed(error)
        }
    },
    counts: () => pipelines.counts(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function begin<T>(start: () => T): T {
  try {
    return start()
  } catch (error) {
    const { message } = PipelineError.from(error, 'storage')
    throw new ServerError('store', `the pipelines do not start: ${message}`, {
      fix: 'the directories of queues and files must be writable by the server, an ordinary user; relative ones lie in its own',
      cause: error,
    })
  }
}

/** A process of which nothing but its key is known. */
function bare(key: string): Process {
  return create(ProcessSchema, { key, pid: Number.parseInt(key, 10) >>> 0 })
}
