import { readText } from './proc-files.ts'

/** Names remembered. */
const NAMES_MAX = 4_096

/**
 * Looks up the name that Docker gave a container. Other engines keep theirs in databases that are not ours to
 * open; their containers are called by id.
 *
 * @param root Folder of the running containers, `/var/lib/docker/containers`.
 */
export function dockerNames(root: string): (id: string) => string | undefined {
  const names = new Map<string, string | undefined>()
  return (id) => {
    if (!names.has(id)) {
      if (names.size >= NAMES_MAX) names.clear()
      names.set(id, /^[0-9a-f]{64}$/.test(id) ? readName(`${root}/${id}/config.v2.json`) : undefined)
    }
    return names.get(id)
  }
}

function readName(path: string): string | undefined {
  const text = readText(path)
  if (text === '') return undefined
  try {
    const config: unknown = JSON.parse(text)
    const name = typeof config === 'object' && config !== null && 'Name' in config ? config.Name : undefined
    return typeof name === 'string' && name.length <= 256 ? name.replace(/^\//, '') || undefined : undefined
  } catch {
    return undefined
  }
}
