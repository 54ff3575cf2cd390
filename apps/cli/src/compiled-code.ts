import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Env } from './context.ts'

/** A checkout has about 700 modules. Those of checkouts that are gone are never asked for again. */
const MODULES_MAX = 7000

/**
 * Keeps what Node makes of our sources (TypeScript without its types, V8's bytecode) for the next start, of this process
 * and of all that it starts: without it, more than half of a start is spent on compiling.
 *
 * Root runs what lies here, so it must be a folder that only root can reach or replace: not one of the checkout, which
 * is another user's under sudo, and not one that an environment variable names.
 *
 * @returns the folder; undefined where there cannot be one, and everything is compiled each time
 */
export function keepCompiledCode(who: { readonly env: Env; readonly uid: number }): string | undefined {
  const folder = compiledCodeFolder(who)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const stat = lstatSync(folder)
    if (!stat.isDirectory() || stat.uid !== who.uid) return undefined
    if (stat.mode & 0o077) chmodSync(folder, 0o700)
  } catch {
    return undefined // A read-only system, or a user without a home.
  }
  enableCompileCache(folder)
  return folder
}

/** Forgets all that was compiled when it is far more than one checkout needs. */
export function limitCompiledCode(folder: string): void {
  try {
    const files = readdirSync(folder, { recursive: true })
    if (files.length > MODULES_MAX) rmSync(folder, { recursive: true })
  } catch {
    // It is a cache: somebody else may have removed it.
  }
}

function compiledCodeFolder({ env, uid }: { readonly env: Env; readonly uid: number }): string {
  // Filesystem Hierarchy Standard; nobody but root can write to any folder on the way.
  if (uid === 0) return '/var/cache/quadrant'
  return join(env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache'), 'quadrant')
}
