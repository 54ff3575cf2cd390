import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process'
import { mkdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { cgroupRoot } from '@quadrant/ebpf'

let made = 0

/** A cgroup of the v2 hierarchy for a test's processes. Its processes are ended with it. */
export class TestCgroup implements AsyncDisposable {
  readonly path: string
  readonly #children = new Set<ChildProcess>()

  constructor() {
    this.path = join(cgroupRoot()!, `quadrant-test-${process.pid}-${made++}`)
    mkdirSync(this.path)
  }

  /** Starts a program that is in the group before it opens its first socket. */
  spawn(
    command: string,
    args: readonly string[],
    stdio: StdioOptions = ['ignore', 'pipe', 'inherit'],
  ): ChildProcess {
    const script = 'echo $$ > "$0/cgroup.procs" && exec "$@"'
    const child = spawn('sh', ['-c', script, this.path, command, ...args], { stdio })
    this.#children.add(child)
    return child
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL')
    for (let attempt = 0; ; attempt++) {
      try {
        rmdirSync(this.path)
        return
      } catch (error) {
        // The kernel takes a moment to let go of processes that have ended.
        if (attempt === 100) throw error
        await sleep(20)
      }
    }
  }
}
