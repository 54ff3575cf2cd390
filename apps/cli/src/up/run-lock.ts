import { readFileSync, renameSync, rmSync, writeFileSync, linkSync } from 'node:fs'
import { join } from 'node:path'

/** Who runs on a data directory. The start time tells a process from a later one with the same number. */
interface Holder {
  readonly pid: number
  /** Field 22 of /proc/PID/stat: clock ticks since boot. */
  readonly startTicks: string
}

/** Held by the `up` that runs on a data directory; let go by its end, or found stale after a kill. */
export class RunLock implements Disposable {
  readonly #path: string
  #held = true

  private constructor(path: string) {
    this.#path = path
  }

  /** The lock, or the process that holds it. */
  static take(data: string): RunLock | { readonly heldBy: number } {
    const path = join(data, 'up.json')
    const mine = JSON.stringify({ pid: process.pid, startTicks: startTicks(process.pid) ?? '' })
    for (;;) {
      try {
        writeFileSync(path, mine, { flag: 'wx', mode: 0o644 })
        return new RunLock(path)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      const holder = readHolder(path)
      if (holder && isAlive(holder)) return { heldBy: holder.pid }
      takeAway(path)
    }
  }

  [Symbol.dispose](): void {
    if (!this.#held) return
    this.#held = false
    if (readHolder(this.#path)?.pid === process.pid) rmSync(this.#path, { force: true })
  }
}

/** Moves a stale lock aside; puts it back where another `up` has just made it its own. */
function takeAway(path: string): void {
  const aside = `${path}.${process.pid}`
  try {
    renameSync(path, aside)
  } catch {
    return // Another one was faster.
  }
  const moved = readHolder(aside)
  if (moved && isAlive(moved))
    try {
      linkSync(aside, path)
    } catch {
      // A third one is there already and will be found alive.
    }
  rmSync(aside, { force: true })
}

function readHolder(path: string): Holder | undefined {
  try {
    const { pid, startTicks } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
    return typeof pid === 'number' && typeof startTicks === 'string' ? { pid, startTicks } : undefined
  } catch {
    return undefined
  }
}

function isAlive(holder: Holder): boolean {
  return startTicks(holder.pid) === holder.startTicks
}

function startTicks(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name may hold spaces and brackets: count from its last bracket. Zombies hold nothing.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch {
    return undefined
  }
}
