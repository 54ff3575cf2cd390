import { readFileSync } from 'node:fs'

const AT_PAGESZ = 6n

/** Bytes of a page on this machine: 4 KiB, or 16 and 64 KiB on some arm64 kernels. */
export const PAGE_BYTES: number = pageBytes()

/** The auxiliary vector is what the kernel told the program at its start (getauxval(3)): pairs of words. */
function pageBytes(): number {
  try {
    const raw = readFileSync('/proc/self/auxv')
    const words = new BigUint64Array(new Uint8Array(raw).buffer, 0, raw.length >> 3)
    for (let i = 0; i + 1 < words.length; i += 2) if (words[i] === AT_PAGESZ) return Number(words[i + 1])
  } catch {
    // No /proc: not a machine with BPF either.
  }
  return 4096
}
