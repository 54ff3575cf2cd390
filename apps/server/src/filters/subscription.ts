import type { FileHandle } from 'node:fs/promises'
import { create } from '@bufbuild/protobuf'
import { CHUNK_BYTES_MAX } from '@quadrant/extend/release'
import { BoundedQueue, WakeUp } from '@quadrant/core'
import { SubscribeResponseSchema, type ModuleFetch, type SubscribeResponse } from '@quadrant/proto'
import type { ModuleBlobs } from './module-blobs.ts'

/** Releases and orders that a gateway has not read yet. */
const QUEUE_MAX = 1000

/** What is sent of a module: from the next byte up to where it was asked for. */
interface Transfer {
  readonly digest: string
  readonly moduleSha256: Uint8Array
  next: number
  until: number
}

/**
 * What one gateway is sent: releases and orders first, and in between a module, one chunk whenever the last was taken. No
 * more of it is in memory than a chunk, and none is read that was not asked for.
 */
export class Subscription implements AsyncIterable<SubscribeResponse>, Disposable {
  readonly #blobs: ModuleBlobs
  readonly #queue = new BoundedQueue<SubscribeResponse>(QUEUE_MAX)
  readonly #wakeUp = new WakeUp()
  #transfer: Transfer | undefined
  #file: { readonly digest: string; readonly handle: FileHandle } | undefined
  #isEnded = false
  #error: unknown

  constructor(blobs: ModuleBlobs) {
    this.#blobs = blobs
  }

  push(body: SubscribeResponse['body']): void {
    if (!this.#queue.push(create(SubscribeResponseSchema, { body })))
      this.end(new Error('the gateway does not read'))
    this.#wakeUp.notify()
  }

  /** More of the module that is sent, or the beginning of another one. */
  fetch({ moduleSha256, offset, bytes }: ModuleFetch): void {
    const digest = Buffer.from(moduleSha256).toString('hex')
    if (this.#transfer?.digest === digest && offset === this.#transfer.until) this.#transfer.until += bytes
    else this.#transfer = { digest, moduleSha256, next: offset, until: offset + bytes }
    this.#wakeUp.notify()
  }

  /** Ends it after what is queued, with an error where one is given. Later calls change nothing. */
  end(error?: unknown): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#error = error
    this.#wakeUp.notify()
  }

  async *[Symbol.asyncIterator](): AsyncIterableIterator<SubscribeResponse> {
    while (true) {
      const message = this.#queue.shift()
      if (message) yield message
      else if (this.#isEnded) break
      else if (this.#transfer && this.#transfer.next < this.#transfer.until)
        yield await this.#chunk(this.#transfer)
      else await this.#wakeUp.wait()
    }
    if (this.#error !== undefined) throw this.#error
  }

  /** Nothing more is sent. */
  [Symbol.dispose](): void {
    this.end()
    this.#transfer = undefined
    this.#closeFile()
  }

  async #chunk(transfer: Transfer): Promise<SubscribeResponse> {
    const { digest, moduleSha256, next, until } = transfer
    const size = this.#blobs.size(digest) ?? 0
    const bytes = Math.max(0, Math.min(CHUNK_BYTES_MAX, until - next, size - next))
    const data = bytes === 0 ? new Uint8Array(0) : await this.#read(digest, next, bytes)
    transfer.next += data.length
    const end = transfer.next >= size || data.length === 0
    // There is no more, whatever was asked for.
    if (end) transfer.until = transfer.next
    return create(SubscribeResponseSchema, {
      body: { case: 'chunk', value: { moduleSha256, offset: next, data, end } },
    })
  }

  async #read(digest: string, position: number, bytes: number): Promise<Uint8Array> {
    if (this.#file?.digest !== digest) {
      this.#closeFile()
      const handle = await this.#blobs.read(digest)
      this.#file = { digest, handle }
      // It was disposed of meanwhile.
      if (this.#isEnded) this.#closeFile()
    }
    if (!this.#file) return new Uint8Array(0)
    const data = new Uint8Array(bytes)
    const { bytesRead } = await this.#file.handle.read(data, 0, bytes, position)
    return data.subarray(0, bytesRead)
  }

  /** What is being read of it is read to its end. */
  #closeFile(): void {
    void this.#file?.handle.close().catch(() => {})
    this.#file = undefined
  }
}
