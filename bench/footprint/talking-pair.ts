import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

const INTERVAL_MS = 50

/** One connection on loopback that always says something, on a port that nobody has had before. */
export class TalkingPair implements Disposable {
  readonly serverPort: number
  readonly #stack: DisposableStack

  private constructor(serverPort: number, stack: DisposableStack) {
    this.serverPort = serverPort
    this.#stack = stack
  }

  static async open(): Promise<TalkingPair> {
    using stack = new DisposableStack()
    const server = createServer((socket: Socket) => socket.on('error', () => {}).pipe(socket))
    server.listen(0, '127.0.0.1')
    stack.defer(() => server.close())
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    const client = connect(address.port, '127.0.0.1')
      .on('error', () => {})
      .resume()
    stack.defer(() => client.destroy())
    await once(client, 'connect')
    const timer = setInterval(() => client.write('.'), INTERVAL_MS)
    stack.defer(() => clearInterval(timer))
    return new TalkingPair(address.port, stack.move())
  }

  [Symbol.dispose](): void {
    this.#stack.dispose()
  }
}
