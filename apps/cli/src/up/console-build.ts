import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Builds the console of a source tree; an installed package carries a built one. */
const BUILD_SCRIPT = fileURLToPath(new URL('../../../console/build.ts', import.meta.url))

/**
 * Builds the console where its sources changed since the last time. In a process of its own: the bundler's memory
 * goes with it, and under sudo it runs as the owner of the tree, so that no file of root's is left there.
 *
 * @returns why it failed, or undefined
 */
export async function buildConsoleIfStale(uid: number): Promise<string | undefined> {
  if (!existsSync(BUILD_SCRIPT)) return undefined
  const owner = uid === 0 ? statSync(dirname(BUILD_SCRIPT)) : undefined
  const child = spawn(process.execPath, [BUILD_SCRIPT], {
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(owner && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : {}),
  })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (log = (log + chunk).slice(-4000)))
  try {
    const [code] = (await once(child, 'close')) as [number | null]
    return code === 0 ? undefined : log.trim() || `it ended with ${code}`
  } catch (error) {
    return (error as Error).message
  }
}
