import { fstatSync } from 'node:fs'

/** Calls `onGone` once when the process that started this one is no more: its end of standard input closes, or we get another parent. */
export class ParentWatch {
  readonly #parentPid = process.ppid
  readonly #onGone: () => void

  constructor(onGone: () => void) {
    this.#onGone = onGone
    // Of a terminal, a file or /dev/null the end says nothing.
    const stdin = fstatSync(0)
    if (!stdin.isFIFO() && !stdin.isSocket()) return
    process.stdin.on('end', onGone)
    process.stdin.on('error', onGone)
    process.stdin.resume()
  }

  /** To be called now and then. */
  check(): void {
    if (process.ppid !== this.#parentPid) this.#onGone()
  }
}
