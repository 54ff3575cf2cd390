import { Agent, createServer, request } from 'node:http'
import type { ServiceAddress } from './addresses.ts'

/** Undefined: there is no such thing, a 404. */
type Answer = string | undefined

/** Answers every request with what `answer` gives; a failure behind it is a 502, as a real service would say. */
export function serveHttp(address: ServiceAddress, answer: (path: string) => Promise<Answer> | Answer): void {
  const server = createServer((incoming, response) => {
    incoming.resume()
    void (async () => {
      try {
        const body = await answer(incoming.url ?? '/')
        if (body === undefined) response.writeHead(404, { 'content-type': 'text/plain' }).end('not here\n')
        else response.writeHead(200, { 'content-type': 'application/json' }).end(body)
      } catch (error) {
        response.writeHead(502, { 'content-type': 'text/plain' }).end(`${(error as Error).message}\n`)
      }
    })()
  })
  server.keepAliveTimeout = 60_000
  server.listen(address)
}

const KEPT = new Agent({ keepAlive: true, maxSockets: 2 })
const TIMEOUT_MS = 2000

export interface CallOptions {
  /** Default: GET. */
  readonly method?: 'GET' | 'POST'
  /** A connection of its own, closed with the answer; else one of at most two that are kept. */
  readonly fresh?: boolean
  readonly headers?: Readonly<Record<string, string>>
}

/** One request without a body. */
export function call(
  { host, port }: ServiceAddress,
  path: string,
  { method = 'GET', fresh = false, headers = {} }: CallOptions = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host, port, path, method, headers, agent: fresh ? false : KEPT, timeout: TIMEOUT_MS },
      (response) => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (body += chunk))
        response.on('end', () => resolve(response.statusCode === 404 ? undefined : body))
        response.on('error', reject)
      },
    )
    outgoing.on('timeout', () => outgoing.destroy(new Error('timed out')))
    outgoing.on('error', reject)
    outgoing.end()
  })
}
