import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { runCommand, SocketListener, StreamOutput } from '@quadrant/wasm'

const BODY = JSON.stringify({
  id: 4711,
  name: 'Ada',
  items: Array.from({ length: 8 }, (_, index) => ({ sku: `sku-${index}`, price: 9.5, count: index })),
  tags: { a: '1', b: '2' },
})

/** A Go server in the host, which is asked over one connection. */
export class ServingGuest implements Disposable {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })
  readonly #end = new AbortController()
  readonly #port: number

  private constructor(module: WebAssembly.Module, listener: SocketListener, port: number) {
    this.#port = port
    void runCommand(module, {
      args: ['guest', 'serve'],
      env: { LISTEN_FDS_START: '3' },
      listeners: [listener],
      stderr: new StreamOutput(process.stderr),
      signal: this.#end.signal,
    })
  }

  static async start(module: WebAssembly.Module): Promise<ServingGuest> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    return new ServingGuest(module, new SocketListener(server), port)
  }

  async measure(_task: string, count: number): Promise<number> {
    const began = performance.now()
    for (let index = 0; index < count; index++) await this.#ask()
    return (performance.now() - began) * 1e6
  }

  async #ask(): Promise<void> {
    const sent = request({ port: this.#port, path: '/orders/4711', method: 'POST', agent: this.#agent })
    sent.end(BODY)
    const [response] = await once(sent, 'response')
    for await (const _part of response);
    if (response.statusCode !== 200) throw new Error(`the guest answered ${response.statusCode}`)
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
    this.#end.abort()
  }
}
