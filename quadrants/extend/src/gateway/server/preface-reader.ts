/** What a client of HTTP/2 says first (RFC 9113 3.4). No request of HTTP/1.1 begins so. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

/** Tells by the first bytes of a connection whether it speaks HTTP/2. */
export class PrefaceReader {
  #bytes: Buffer | undefined

  /** All bytes so far, once it is known what they are. */
  add(bytes: Buffer): { readonly isPreface: boolean; readonly bytes: Buffer } | undefined {
    const all = this.#bytes === undefined ? bytes : Buffer.concat([this.#bytes, bytes])
    const length = Math.min(all.length, PREFACE.length)
    const isPrefix = all.compare(PREFACE, 0, length, 0, length) === 0
    if (isPrefix && length < PREFACE.length) {
      this.#bytes = all
      return undefined
    }
    return { isPreface: isPrefix, bytes: all }
  }
}
