import { watch } from 'node:fs'
import type { PolicyWorkspace } from '@quadrant/govern/policy'
import type { Context } from '../context.ts'
import { readPolicies } from '../policy/read-policies.ts'

/** Editors and mounts change several files one after the other. */
const SETTLE_MS = 50
/** Network file systems and mounts that are swapped tell nobody of themselves. */
const LOOK_MS = 5000

/**
 * Reads folders and files of policies, and again whenever something in them changes, until the signal aborts. What cannot be
 * read is told, and changes nothing.
 */
export async function followPolicies(
  context: Context,
  paths: readonly string[],
  signal: AbortSignal,
  take: (workspace: PolicyWorkspace) => void,
  failed: (error: unknown) => void,
): Promise<void> {
  let before = ''
  const read = async () => {
    const { workspace } = await readPolicies(context, paths)
    const text = workspace.fingerprint()
    if (text === before) return
    before = text
    take(workspace)
  }
  await read()
  let timer: NodeJS.Timeout | undefined
  let isReading = false
  const again = () => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      if (isReading || signal.aborted) {
        if (!signal.aborted) again()
        return
      }
      isReading = true
      read()
        .catch(failed)
        .finally(() => (isReading = false))
    }, SETTLE_MS)
  }
  const looking = setInterval(again, LOOK_MS)
  const watchers = paths.flatMap((path) => {
    try {
      return [watch(path, { recursive: true, persistent: false }, again).on('error', () => {})]
    } catch {
      return []
    }
  })
  signal.addEventListener(
    'abort',
    () => {
      clearInterval(looking)
      clearTimeout(timer)
      for (const watcher of watchers) watcher.close()
    },
    { once: true },
  )
}
