import { flushCompileCache } from 'node:module'

/** Set for the process that was restarted, so that a cache that does not keep what it is given restarts it once only. */
const RESTARTED = 'QUADRANT_AGENT_COMPILED'

/**
 * Restarts this process where some of its code was compiled from TypeScript and the result can be kept: the compiler
 * would stay in memory for as long as the agent runs, and it is a fifth of it. Call it when all code is loaded and
 * nothing is at work yet. From the second start on there is nothing to compile.
 */
export function restartIfCompiling(): void {
  const { NODE_COMPILE_CACHE, [RESTARTED]: wasRestarted } = process.env
  if (NODE_COMPILE_CACHE === undefined || wasRestarted !== undefined || !isCompilerLoaded()) return
  flushCompileCache()
  const { execPath, execArgv, argv } = process
  process.execve?.(execPath, [execPath, ...execArgv, ...argv.slice(1)], { ...process.env, [RESTARTED]: '1' })
}

/** Node loads its TypeScript compiler (amaro) for the first file that the cache does not have. */
function isCompilerLoaded(): boolean {
  const { moduleLoadList = [] } = process as { moduleLoadList?: readonly string[] }
  return moduleLoadList.some((name) => name.includes('/amaro/'))
}

/**
 * What the start left behind goes back to the system: nothing else would make V8 look for it for a long time. `last-resort`
 * also gives back the pages that V8 keeps for later, up to as many as the start took.
 */
export function releaseStartMemory(): void {
  globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
