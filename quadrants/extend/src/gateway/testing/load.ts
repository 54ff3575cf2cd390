import { Agent, request } from 'node:http'
import { connect, constants } from 'node:http2'

export interface Load {
  /** Stops, and says what came of it. */
  end(): Promise<{ readonly okCount: number; readonly failures: readonly string[] }>
  /** Answered with 200 so far. */
  readonly count: () => number
}

/** Asks again and again on some connections of HTTP/1.1, opening a new one when one is closed in good order. */
export function loadHttp1(port: number, connectionCount: number): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: connectionCount })
  const load = run(
    connectionCount,
    () =>
      new Promise((resolve, reject) => {
        const asked = request({ port, host: '127.0.0.1', path: '/load', agent }, (response) => {
          response.resume()
          response.on('error', reject)
          response.on('end', () => resolve(response.statusCode ?? 0))
        })
        asked.on('error', (error: NodeJS.ErrnoException) => {
          // A connection that is closed while it is idle has not seen the request (RFC 9112 9.3.1); agents ask again.
          if (asked.reusedSocket && error.code === 'ECONNRESET') resolve(AGAIN)
          else reject(error)
        })
        asked.end()
      }),
  )
  return { count: load.count, end: () => load.end().finally(() => agent.destroy()) }
}

/** The same on one connection of HTTP/2 at a time, another after a GOAWAY. */
export function loadHttp2(port: number, streamCount: number): Load {
  const open = () => connect(`http://127.0.0.1:${port}`).on('error', () => {})
  let session = open()
  const load = run(
    streamCount,
    () =>
      new Promise((resolve, reject) => {
        if (session.closed || session.destroyed) session = open()
        const stream = session.request({ ':path': '/load' })
        let status = 0
        stream.on('response', (headers) => (status = Number(headers[':status'])))
        stream.on('error', (error) => {
          // Nobody has looked at it (RFC 9113 8.7): a stream that crossed a GOAWAY. Clients ask again.
          if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) resolve(AGAIN)
          else reject(error)
        })
        stream.on('end', () => resolve(status))
        stream.resume()
      }),
  )
  return { count: load.count, end: () => load.end().finally(() => session.destroy()) }
}

const AGAIN = -1

function run(count: number, ask: () => Promise<number>): Load {
  const ending = new AbortController()
  let okCount = 0
  const failures: string[] = []
  const loops = Array.from({ length: count }, async () => {
    while (!ending.signal.aborted) {
      try {
        const status = await ask()
        if (status === 200) okCount++
        else if (status !== AGAIN) failures.push(String(status))
      } catch (error) {
        failures.push((error as Error).message)
      }
    }
  })
  return {
    count: () => okCount,
    end: async () => {
      ending.abort()
      await Promise.all(loops)
      return { okCount, failures }
    },
  }
}
