import { Agent, createServer, request } from 'node:http'
import type { ServiceAddress } from './addresses.ts'

/** Answers every request with what `answer` gives; a failure behind it is a 502, as a real service would say. */
export function serveHttp(address: ServiceAddress, answer: (path: string) => Promise<string> | string): void {
  const server = createServer((incoming, response) => {
    incoming.resume()
    void (async () => {
      try {
        const body = await answer(incoming.url ?? '/')
        response.writeHead(200, { 'content-type': 'application/json' }).end(body)
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

/** One GET. A kept connection is one of at most two; a fresh one is closed with the answer. */
export function get(
  { host, port }: ServiceAddress,
  path: string,
  options: { readonly fresh?: boolean } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host, port, path, agent: options.fresh ? false : KEPT, timeout: TIMEOUT_MS },
      (response) => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (body += chunk))
        response.on('end', () => resolve(body))
        response.on('error', reject)
      },
    )
    outgoing.on('timeout', () => outgoing.destroy(new Error('timed out')))
    outgoing.on('error', reject)
    outgoing.end()
  })
}
