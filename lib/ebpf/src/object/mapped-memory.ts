import { EbpfError } from '../error.ts'
import { KernelMemory } from '../sys/kernel-memory.ts'
import { PAGE_BYTES } from '../sys/page-size.ts'

/** An array map's values in the memory of this process. After `dispose` the views read zero. */
export interface MappedMemory extends Disposable {
  readonly memory: KernelMemory
  readonly bytes: Uint8Array
  /** Bytes from one value to the next: the value's size rounded up to 8. */
  readonly stride: number
}

interface MappableMap {
  readonly name: string
  readonly fd: number
  readonly valueBytes: number
  readonly maxEntries: number
  readonly isMmapable: boolean
}

/** BPF_F_RDONLY_PROG maps are frozen once loaded, and then only readable. */
export function mapIntoMemory(map: MappableMap): MappedMemory {
  if (!map.isMmapable) throw new EbpfError('argument', `map ${map.name} is not made with BPF_F_MMAPABLE`)
  const stride = Math.ceil(map.valueBytes / 8) * 8
  const byteLength = stride * map.maxEntries
  const mappedBytes = Math.ceil(byteLength / PAGE_BYTES) * PAGE_BYTES
  const memory = new KernelMemory(mappedBytes)
  try {
    memory.map(0, mappedBytes, map.fd, { writable: true })
  } catch (error) {
    if (!(error instanceof EbpfError && error.code === 'permission')) throw error
    memory.map(0, mappedBytes, map.fd, { writable: false })
  }
  const bytes = new Uint8Array(memory.buffer, 0, byteLength)
  return { memory, bytes, stride, [Symbol.dispose]: () => memory[Symbol.dispose]() }
}
