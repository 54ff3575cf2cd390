import type { BpfMap, MappedMemory } from '@quadrant/ebpf'

/** Words of a place in `struct transit` of bpf/transit.h. */
const WORD = { cookie: 0, netns: 16 } as const

/** What began on TCP sockets and waits in the kernel for their next record or pass. */
export class Transits implements Disposable {
  readonly #memory: MappedMemory
  readonly #words: Uint32Array
  readonly #stride: number

  /** @param map the map `transits`, which must stay open for longer */
  constructor(map: BpfMap) {
    this.#memory = map.mmap()
    const { bytes, stride } = this.#memory
    this.#words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2)
    this.#stride = stride >> 2
  }

  /** Tells the namespaces of all sockets that wait, runs of the same one once. */
  forEachNamespace(onNamespace: (inode: number) => void): void {
    const words = this.#words
    let last = 0
    for (let at = 0; at < words.length; at += this.#stride) {
      if (words[at + WORD.cookie] === 0) continue
      const netns = words[at + WORD.netns]!
      if (netns === last || netns === 0) continue
      last = netns
      onNamespace(netns)
    }
  }

  [Symbol.dispose](): void {
    this.#memory[Symbol.dispose]()
  }
}
