import type { ExeFile, ExeKey } from './exe-file.ts'

/** An executable that is held open while its processes are observed. */
export interface GoFile {
  readonly key: ExeKey
  /** Opens the very file that was read, whatever its path and its processes' pids stand for by now. */
  readonly path: string
  readonly fd: number
  readonly byteLength: number
}

interface Held extends GoFile {
  readonly file: ExeFile
  users: number
}

/** Go executables whose processes are observed: one open file each, however many run it. */
export class GoFiles implements Disposable {
  readonly #held = new Map<ExeKey, Held>()

  get count(): number {
    return this.#held.size
  }

  /** To be released as often as it was acquired. Takes the file over. */
  acquire(file: ExeFile): GoFile {
    let held = this.#held.get(file.key)
    if (held !== undefined) file[Symbol.dispose]()
    else {
      held = {
        key: file.key,
        path: `/proc/self/fd/${file.fd}`,
        fd: file.fd,
        byteLength: file.source.byteLength,
        file,
        users: 0,
      }
      this.#held.set(file.key, held)
    }
    held.users++
    return held
  }

  /** Once more, to be released as often. */
  hold({ key }: GoFile): void {
    this.#held.get(key)!.users++
  }

  release({ key }: GoFile): void {
    const held = this.#held.get(key)
    if (held === undefined || --held.users > 0) return
    this.#held.delete(key)
    held.file[Symbol.dispose]()
  }

  [Symbol.dispose](): void {
    for (const { file } of this.#held.values()) file[Symbol.dispose]()
    this.#held.clear()
  }
}
