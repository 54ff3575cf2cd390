/** Bytes of telemetry that are held in memory by all pipelines: batches being filled, and queues that are not on disk. */
export class HeldBytes {
  readonly #queues: (() => number)[] = []
  #batches = 0

  get bytes(): number {
    return this.#queues.reduce((sum, queue) => sum + queue(), this.#batches)
  }

  add(bytes: number): void {
    this.#batches += bytes
  }

  addQueue(heldBytes: () => number): void {
    this.#queues.push(heldBytes)
  }
}
