import { compileAheadIfCompiling, safeCodeFolder } from '../compiled-code.ts'
import { AGENT_DIRECTORY } from '../data-directory.ts'
import type { Log } from '../log.ts'
import { keptCapabilities } from './kept-capabilities.ts'

/**
 * For the process that does the work:
 *
 * - SIGUSR1 would open the inspector's port, and the agent listens on nothing
 * - a small young generation: the heap of a tick is garbage by the next one, and 16 MiB more of it save nothing; each thread of ours has one
 * - one helper thread of V8 is enough
 */
const NODE_FLAGS = ['--disable-sigusr1', '--max-semi-space-size=1', '--v8-pool-size=1']

export interface ConfineOptions {
  readonly source: 'auto' | 'ebpf' | 'proc'
  /** Absolute. */
  readonly data: string
  readonly script: string
  /** What the script is started with again. */
  readonly argv: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly openLog: () => Promise<Log>
}

/**
 * Gives up what the agent does not need and executes it anew, so that all of its threads begin without it; does not
 * return. The new process has a clean environment: whatever `NODE_OPTIONS` or a preloaded library was set is not
 * meant for it.
 *
 * The compiled code is what `up` shares with us, or is kept in the agent's own directory: in either case where nobody
 * else can put code for us to run. It saves 20 MB of memory and most of the start: the TypeScript compiler is not loaded.
 */
export async function confineAndRestart(options: ConfineOptions): Promise<never> {
  const { dropCapabilities, setNoNewPrivs } = await import('@quadrant/ebpf')
  if (options.environment['NODE_COMPILE_CACHE'] !== undefined) await compileAheadIfCompiling()
  try {
    if (process.geteuid?.() === 0) dropCapabilities(keptCapabilities(options.source))
    else setNoNewPrivs()
  } catch (error) {
    // A container may forbid it (no CAP_SETPCAP). It is no reason not to observe.
    const log = await options.openLog()
    log.warn({ reason: (error as Error).message }, 'cannot give up all privileges')
  }
  const { PATH, TZ, NODE_COMPILE_CACHE } = options.environment
  const environment: Record<string, string | undefined> = {
    PATH,
    TZ,
    // Detaching probes takes the kernel 40 ms for each process, and a few times that for 64 that are detached together: for
    // the end of the agent. A thread that waits takes 8 kB.
    UV_THREADPOOL_SIZE: '64',
    // glibc: large blocks go back to the system when they are freed, as they would if the threshold did not rise (mallopt(3)).
    MALLOC_ARENA_MAX: '1',
    MALLOC_MMAP_THRESHOLD_: '65536',
    MALLOC_TRIM_THRESHOLD_: '131072',
    NODE_COMPILE_CACHE: safeCodeFolder(NODE_COMPILE_CACHE ?? `${options.data}/${AGENT_DIRECTORY}/compiled`),
  }
  for (const [name, value] of Object.entries(environment)) if (value === undefined) delete environment[name]
  const { execPath, execArgv } = process
  return process.execve!(
    execPath,
    [execPath, ...execArgv, ...NODE_FLAGS, options.script, ...options.argv],
    environment,
  )
}
