import { fail } from '../errno.ts'
import type { DirectoryHandle } from './file-system.ts'

/** As Linux (MAXSYMLINKS). */
const LINKS_MAX = 40
/** Directories that are open at once while a walk lasts. `..` goes back so many levels, and no more. */
const OPEN_MAX = 256
/** Components of a path and of all links that it leads over: each is a few system calls, and no guest waits for them. */
const STEPS_MAX = 4096
const PATH_CHARACTERS_MAX = 4096

/** The end of a path: a name in a directory that is open until the walk is over. */
export interface Place {
  readonly directory: DirectoryHandle
  /** Undefined: the directory itself, as in `.` or `a/..`. */
  readonly name: string | undefined
  /** The path says that it is a directory: it ends with a slash. */
  readonly isDirectoryWanted: boolean
}

/**
 * Follows a path one component at a time, each by a handle of the directory before it, as `openat` with O_NOFOLLOW does.
 * Symbolic links are read and followed here, and `..` goes to the handle that the walk came by: whatever somebody renames
 * or replaces meanwhile, the walk never is above `root`. Directories are closed when `use` has returned.
 *
 * @param isLastFollowed whether a symbolic link at the end of the path is followed
 * @throws {WasiError} PERM where the path leaves `root`, LOOP, NAMETOOLONG, NOENT, NOTDIR, INVAL for a NUL
 */
export function walk<T>(
  root: DirectoryHandle,
  path: string,
  isLastFollowed: boolean,
  use: (place: Place) => T,
): T {
  const opened: Opened = []
  try {
    return use(follow(root, path, isLastFollowed, opened))
  } finally {
    for (const directory of opened) directory?.close()
  }
}

/** From the root down; those that are closed already are undefined. */
type Opened = (DirectoryHandle | undefined)[]

function follow(root: DirectoryHandle, path: string, isLastFollowed: boolean, opened: Opened): Place {
  const rest = components(path).reverse()
  let isDirectoryWanted = saysDirectory(path)
  let linkCount = 0
  for (let steps = 0; ; steps++) {
    if (steps > STEPS_MAX) fail('NAMETOOLONG')
    const name = rest.pop()
    const directory = opened.length === 0 ? root : (opened.at(-1) ?? fail('NAMETOOLONG'))
    if (name === undefined) return { directory, name: undefined, isDirectoryWanted }
    if (name === '..') {
      if (opened.length === 0) fail('PERM')
      opened.pop()?.close()
      continue
    }
    const isLast = rest.length === 0
    if (isLast && !isLastFollowed) return { directory, name, isDirectoryWanted }
    const target = directory.linkAt(name)
    if (target !== undefined) {
      if (++linkCount > LINKS_MAX) fail('LOOP')
      if (isLast) isDirectoryWanted ||= saysDirectory(target)
      rest.push(...components(target).reverse())
      if (rest.length > PATH_CHARACTERS_MAX) fail('NAMETOOLONG')
    } else if (isLast) return { directory, name, isDirectoryWanted }
    else {
      opened.push(directory.openDirectory(name))
      const oldest = opened.length - OPEN_MAX
      if (oldest >= 0) {
        opened[oldest]?.close()
        opened[oldest] = undefined
      }
    }
  }
}

/** Whether a path ends with a slash or with dots: then a symbolic link before them is followed, too. */
export function saysDirectory(path: string): boolean {
  return /(^|\/)\.{0,2}$/.test(path)
}

/** Names and `..`; without what changes nothing. */
function components(path: string): string[] {
  if (path === '') fail('NOENT')
  if (path.startsWith('/')) fail('PERM')
  if (path.includes('\0')) fail('INVAL')
  return path.split('/').filter((component) => component !== '' && component !== '.')
}
