import type { QueueDirectory, QueueFile } from '../queue/queue-directory.ts'

/** A directory in memory, whose bytes tests may damage. */
export class MemoryDirectory implements QueueDirectory {
  readonly files = new Map<string, Uint8Array>()
  /** Writes beyond so many bytes in all files fail as a full disk does. */
  bytesMax = Number.POSITIVE_INFINITY

  list(): readonly string[] {
    return [...this.files.keys()]
  }

  open(name: string): QueueFile {
    const { files } = this
    if (!files.has(name)) files.set(name, new Uint8Array())
    const content = () => files.get(name) ?? new Uint8Array()
    const size = () => [...files.values()].reduce((sum, { length }) => sum + length, 0)
    return {
      get sizeBytes() {
        return content().length
      },
      read: (into, position) => {
        const part = content().subarray(position, position + into.length)
        into.set(part)
        return part.length
      },
      write: (bytes, position) => {
        const end = position + bytes.length
        const old = content()
        const room = this.bytesMax - size() + Math.max(0, old.length - position)
        const grown = new Uint8Array(Math.max(old.length, end))
        grown.set(old)
        grown.set(bytes.subarray(0, Math.max(0, room)), position)
        files.set(name, grown)
        if (room < bytes.length) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' })
      },
      truncate: (sizeBytes) => void files.set(name, content().slice(0, sizeBytes)),
      close: () => {},
    }
  }

  remove(name: string): void {
    this.files.delete(name)
  }

  rename(from: string, to: string): void {
    this.files.set(to, this.files.get(from)!)
    this.files.delete(from)
  }
}
