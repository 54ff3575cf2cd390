import { chmodSync, existsSync, lstatSync, mkdirSync, realpathSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { basename, dirname, join } from 'node:path'

/** Set for the process that was restarted, so that a cache that does not keep what it is given restarts it once only. */
const RESTARTED = 'QUADRANT_AGENT_COMPILED'

/**
 * Makes the folder of compiled code where that is safe: what lies in it is run by root, so nobody but us may reach into
 * it, and nobody but us or root may put another one in its place.
 *
 * @returns its real path, or undefined where it is not safe or cannot be
 */
export function safeCodeFolder(path: string): string | undefined {
  try {
    const parent = realpathSync(dirname(path))
    if (!isOutOfReach(parent)) return undefined
    const folder = join(parent, basename(path))
    if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 })
    const stat = lstatSync(folder)
    if (!stat.isDirectory() || stat.uid !== process.geteuid?.()) return undefined
    if (stat.mode & 0o077) chmodSync(folder, 0o700)
    return folder
  } catch {
    return undefined
  }
}

/** Whether no folder on the way there is another user's, or one in which others could exchange what is ours. */
function isOutOfReach(folder: string): boolean {
  const { uid, mode } = lstatSync(folder)
  const euid = process.geteuid?.()
  if (uid !== 0 && uid !== euid) return false
  // Many users have a group of their own that may write to their folders; root's rights are not for any group.
  const others = euid === 0 ? 0o022 : 0o002
  // In a sticky folder, as /tmp is, others cannot move what is ours.
  if ((mode & others) !== 0 && (mode & 0o1000) === 0) return false
  return folder === dirname(folder) || isOutOfReach(dirname(folder))
}

/**
 * Compiles all of the agent's code where this process had to compile some of it, so that the one that it executes next
 * finds it in the cache and begins without the compiler.
 */
export async function compileAheadIfCompiling(): Promise<void> {
  if (!isCompilerLoaded()) return
  await import('./parts.ts')
  flushCompileCache()
}

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
