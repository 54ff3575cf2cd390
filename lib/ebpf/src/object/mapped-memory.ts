import { EbpfError } from '../error.ts'
import { KernelMemory } from '../sys/kernel-memory.ts'
import { PAGE_BYTES } from '../sys/page-size.ts'

/** An array map's values in the memory of this process. After `dispose` the views read zero. */
export interface MappedMemory extends Disposable {
  readonly memory: KernelMemory
  readonly bytes: Uint8Array
  /** Bytes from one value to the next: the value's size rounded up to 8. */
  readonly stride: number
  /**
   * Has at least so many values in it from now on, counted from the first; the others read zero until then. A page that
   * is mapped counts as memory of this process.
   *
   * @throws {EbpfError}
   */
  mapTo(entries: number): void
}

export interface MmapOptions {
  /** Values that are mapped at once. Default: all; see {@link MappedMemory.mapTo}. */
  readonly entries?: number
}

interface MappableMap {
  readonly name: string
  readonly fd: number
  readonly valueBytes: number
  readonly maxEntries: number
  readonly isMmapable: boolean
}

/** BPF_F_RDONLY_PROG maps are frozen once loaded, and then only readable. */
export function mapIntoMemory(
  map: MappableMap,
  { entries = map.maxEntries }: MmapOptions = {},
): MappedMemory {
  if (!map.isMmapable) throw new EbpfError('argument', `map ${map.name} is not made with BPF_F_MMAPABLE`)
  const stride = Math.ceil(map.valueBytes / 8) * 8
  const byteLength = stride * map.maxEntries
  const memory = new KernelMemory(pagesOf(byteLength))
  const bytes = new Uint8Array(memory.buffer, 0, byteLength)
  let mappedBytes = 0
  const mapTo = (count: number) => {
    const wantedBytes = pagesOf(stride * Math.min(count, map.maxEntries))
    if (wantedBytes <= mappedBytes) return
    mapPages(memory, map.fd, mappedBytes, wantedBytes - mappedBytes)
    mappedBytes = wantedBytes
  }
  mapTo(entries)
  return { memory, bytes, stride, mapTo, [Symbol.dispose]: () => memory[Symbol.dispose]() }
}

function mapPages(memory: KernelMemory, fd: number, at: number, byteLength: number): void {
  try {
    memory.map(at, byteLength, fd, { fdOffset: at, writable: true })
  } catch (error) {
    if (!(error instanceof EbpfError && error.code === 'permission')) throw error
    memory.map(at, byteLength, fd, { fdOffset: at, writable: false })
  }
}

function pagesOf(byteLength: number): number {
  return Math.ceil(byteLength / PAGE_BYTES) * PAGE_BYTES
}
