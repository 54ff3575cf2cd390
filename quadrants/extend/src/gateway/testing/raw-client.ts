import { connect, type Socket } from 'node:net'

/** A connection whose bytes a test writes itself. */
export class RawClient implements Disposable {
  readonly socket: Socket
  received = ''
  isEnded = false
  readonly #waiting = new Set<() => void>()

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    const changed = () => {
      for (const call of this.#waiting) call()
    }
    this.socket.on('data', (bytes) => {
      this.received += bytes.toString('latin1')
      changed()
    })
    this.socket.on('error', () => {})
    const end = () => {
      this.isEnded = true
      changed()
    }
    this.socket.on('end', end)
    this.socket.on('close', end)
  }

  send(text: string): void {
    this.socket.write(text, 'latin1')
  }

  /** All that has come, once that is enough. */
  async until(isEnough: (received: string) => boolean): Promise<string> {
    await new Promise<void>((resolve) => {
      const look = () => {
        if (!isEnough(this.received) && !this.isEnded) return
        this.#waiting.delete(look)
        resolve()
      }
      this.#waiting.add(look)
      look()
    })
    return this.received
  }

  /** All that comes until the other side has closed. */
  end(): Promise<string> {
    return this.until(() => false)
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }
}

/** Sends that, and gives what comes until the connection is closed. */
export async function exchangeBytes(port: number, text: string): Promise<string> {
  using client = new RawClient(port)
  client.send(text)
  return await client.end()
}
