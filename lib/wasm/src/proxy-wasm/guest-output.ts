import { LogLevel } from './abi.ts'
import type { FilterVm } from './filter-vm.ts'

/**
 * What a guest writes to stdout and stderr, logged line by line: Go's runtime writes one in many pieces,
 * all within a callback.
 */
export class GuestOutput {
  readonly #vm: FilterVm
  /** Begins of lines, by descriptor. */
  readonly #rests = new Map<number, Buffer>()
  #isFlushing = false

  constructor(vm: FilterVm) {
    this.#vm = vm
  }

  write(fd: number, pieces: readonly Buffer[]): void {
    let bytes = Buffer.concat([this.#rests.get(fd) ?? EMPTY, ...pieces])
    const { logLineBytesMax } = this.#vm.options.limits
    for (;;) {
      const end = bytes.indexOf(LINE_FEED)
      const length = end === -1 ? bytes.length : end
      // A line that is too long is told in parts, each within the limit.
      if (end === -1 && length < logLineBytesMax) break
      const size = Math.min(length, logLineBytesMax)
      this.#tell(fd, bytes.subarray(0, size))
      bytes = bytes.subarray(size === end ? size + 1 : size)
    }
    this.#rests.set(fd, bytes)
    if (bytes.length === 0 || this.#isFlushing) return
    // What has no end by then is a line of its own.
    this.#isFlushing = true
    this.#vm.defer(() => this.#flush())
  }

  #flush(): void {
    this.#isFlushing = false
    for (const [fd, rest] of this.#rests) if (rest.length > 0) this.#tell(fd, rest)
    this.#rests.clear()
  }

  #tell(fd: number, line: Buffer): void {
    const { host, context, logBudget } = this.#vm
    const level = fd === 1 ? LogLevel.INFO : LogLevel.ERROR
    if (level >= host.logLevel() && logBudget.take(Number(host.monotonicNs() / 1_000_000n)))
      host.log(level, line.toString(), context?.root.rootId ?? '')
  }
}

const EMPTY = Buffer.alloc(0)
const LINE_FEED = 0x0a
