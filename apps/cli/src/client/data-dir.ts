import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { SYSTEM_DATA_DIR } from '@quadrant/proto'
import type { Env } from '../context.ts'

/** The data directory of a user: flag, then QUADRANT_DATA, then root's or the XDG state directory. */
export function dataDir(flag: string | undefined, who: { readonly env: Env; readonly uid: number }): string {
  return flag ?? (who.env['QUADRANT_DATA'] || defaultDataDir(who))
}

/** Whether commands of this user find it without `--data`, also in a shell that has no QUADRANT_DATA. */
export function isDefaultDataDir(path: string, who: { readonly env: Env; readonly uid: number }): boolean {
  return resolve(path) === resolve(defaultDataDir(who))
}

function defaultDataDir({ env, uid }: { readonly env: Env; readonly uid: number }): string {
  if (uid === 0) return SYSTEM_DATA_DIR
  return join(env['XDG_STATE_HOME'] || join(env['HOME'] || homedir(), '.local', 'state'), 'quadrant')
}

/** Where a server of this host may be found: a user also finds the one that root started for them. */
export function dataDirsToSearch(
  flag: string | undefined,
  who: { readonly env: Env; readonly uid: number },
): readonly string[] {
  const first = dataDir(flag, who)
  const explicit = flag !== undefined || Boolean(who.env['QUADRANT_DATA'])
  return explicit || first === SYSTEM_DATA_DIR ? [first] : [first, SYSTEM_DATA_DIR]
}
