import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** What an upstream has seen of a request. */
export interface Echoed {
  readonly upstream: string
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * An upstream that answers with what came to it, as JSON. The header `x-answer` has it answer with the request's body,
 * as content of that type.
 */
export class EchoUpstream implements AsyncDisposable {
  readonly name: string
  readonly #server: Server

  private constructor(name: string) {
    this.name = name
    this.#server = createServer((request, response) => {
      this.#echo(request).then(
        ({ type, body }) => {
          response.writeHead(200, { 'content-type': type, 'content-length': body.length })
          response.end(body)
        },
        // The proxy has given the request up.
        () => response.destroy(),
      )
    })
  }

  static async start(name: string): Promise<EchoUpstream> {
    const upstream = new EchoUpstream(name)
    upstream.#server.listen(0, '127.0.0.1')
    await once(upstream.#server, 'listening')
    return upstream
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async #echo(request: IncomingMessage): Promise<{ readonly type: string; readonly body: Buffer }> {
    const body = await buffer(request)
    const type = request.headers['x-answer']
    if (typeof type === 'string') return { type, body }
    const echoed: Echoed = {
      upstream: this.name,
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers as Record<string, string>,
      body: body.toString(),
    }
    return { type: 'application/x-echo', body: Buffer.from(JSON.stringify(echoed)) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }
}
