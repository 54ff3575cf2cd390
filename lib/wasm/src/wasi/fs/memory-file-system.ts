import type { DirectoryHandle } from './file-system.ts'
import { MemoryDirectory } from './memory-directory.ts'
import { MemoryStore, type MemoryStoreOptions } from './memory-store.ts'
import { walk } from './walk.ts'

export interface MemoryFileSystemOptions extends MemoryStoreOptions {
  /** Contents by path, such as `etc/app.yaml`; directories are made as needed. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>
}

/** The top directory of a file system that is in memory alone, and gone with the last reference to it. */
export function memoryDirectory(options: MemoryFileSystemOptions = {}): DirectoryHandle {
  const store = new MemoryStore(options)
  const root = new MemoryDirectory(store, store.root)
  for (const [path, content] of Object.entries(options.files ?? {})) {
    const parts = path.split('/')
    for (let count = 1; count < parts.length; count++)
      walk(root, parts.slice(0, count).join('/'), true, ({ directory, name }) => {
        if (name !== undefined && !directory.names(Infinity).includes(name)) directory.makeDirectory(name)
      })
    walk(root, path, true, ({ directory, name }) => {
      const file = directory.openFile(name!, {
        read: false,
        write: true,
        create: true,
        exclusive: true,
        truncate: false,
        append: false,
      })
      file.write(typeof content === 'string' ? Buffer.from(content) : content, 0)
      file.close()
    })
  }
  return root
}
