import { type ClientHttp2Session, connect } from 'node:http2'
import { urlOf } from '../../quadrants/govern/src/xds/testing/made-resource.ts'
import { RawStream } from './raw-stream.ts'

const NODE = { id: 'following', cluster: 'shop' }

/** A client that reads and acknowledges at once: it stands for all whom others must not delay. */
export class FollowingClient implements Disposable {
  readonly #session: ClientHttp2Session
  readonly #waiting = new Map<number, () => void>()
  /** Of the content that it has (see `madeResource`). */
  tag = 0
  responseCount = 0
  /** The longest that nothing came, of one response after another. */
  gapMsMax = 0

  constructor(port: number) {
    this.#session = connect(`http://127.0.0.1:${port}`)
    this.#session.on('error', () => {})
    void this.#follow(new RawStream(this.#session, true))
  }

  /** When it has that content. */
  async has(tag: number): Promise<void> {
    if (this.tag >= tag) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.set(tag, resolve)
    await promise
  }

  [Symbol.dispose](): void {
    this.#session.destroy()
  }

  async #follow(stream: RawStream): Promise<void> {
    const typeUrl = urlOf('CDS')
    stream.sayDelta({ node: NODE, typeUrl })
    let last = performance.now()
    for (;;) {
      const { nonce, resources } = await stream.delta()
      const now = performance.now()
      if (this.responseCount++ > 0) this.gapMsMax = Math.max(this.gapMsMax, now - last)
      last = now
      for (const { resource } of resources) {
        const content = Buffer.from(resource!.value).toString('latin1')
        this.tag = Math.max(this.tag, Number(/\d+$/.exec(content)?.[0]))
      }
      for (const [tag, resolve] of this.#waiting) if (tag <= this.tag) resolve()
      stream.sayDelta({ typeUrl, responseNonce: nonce })
    }
  }
}
