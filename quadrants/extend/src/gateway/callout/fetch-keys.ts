import { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { FetchKeys } from '../guard/jwt/provider-keys.ts'
import type { GatewayThread } from '../gateway-thread.ts'
import type { UpstreamCluster } from '../upstream/upstream-cluster.ts'
import { Callout } from './callout.ts'

/** A JWKS is some kilobytes. */
const KEYS_BYTES_MAX = 1 << 20
const TIMEOUT_MS = 5000

/** Asks clusters of the gateway for keys. */
export function keyFetcher(
  thread: GatewayThread,
  clusterOf: (name: string) => UpstreamCluster | undefined,
): FetchKeys {
  return (name, uri, done) => {
    const cluster = clusterOf(name)
    const address = URL.parse(uri)
    if (cluster === undefined || address === null) {
      done(undefined)
      return
    }
    const headers = HeaderMap.of([
      [':method', 'GET'],
      [':scheme', address.protocol.slice(0, -1)],
      [':authority', address.host],
      [':path', `${address.pathname}${address.search}`],
      ['accept', 'application/json'],
    ])
    const pieces: Uint8Array[] = []
    let byteCount = 0
    let isOver = false
    const finish = (text: string | undefined) => {
      if (isOver) return
      isOver = true
      done(text)
    }
    const callout = new Callout(
      headers,
      {
        head: (answer, isEnd) => {
          if (answer.get(':status') !== '200' || isEnd) finish(undefined)
        },
        body: (bytes, isEnd) => {
          byteCount += bytes.length
          if (byteCount > KEYS_BYTES_MAX) {
            finish(undefined)
            callout.cancel()
            return
          }
          pieces.push(Uint8Array.from(bytes))
          if (isEnd) finish(Buffer.concat(pieces).toString())
        },
        trailers: () => finish(Buffer.concat(pieces).toString()),
        failed: () => finish(undefined),
      },
      { thread, cluster, timeoutMs: TIMEOUT_MS },
    )
    callout.end()
    callout.begin()
  }
}
