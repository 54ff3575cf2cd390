import type { Server } from '../client/connect.ts'

const HOUR_NS = 3600e9

/** Services that the server saw in the last hour, lower case as queries compare; empty where it does not answer. */
export async function liveServices(
  server: Server,
  signal: AbortSignal,
  nowMs = Date.now(),
): Promise<string[]> {
  try {
    const map = await server.client.getMap(
      { range: { startNs: nowMs * 1e6 - HOUR_NS, endNs: 0 } },
      { signal, timeoutMs: 1500 },
    )
    const names = map.nodes.filter((node) => node.kind === 'service').map((node) => node.label.toLowerCase())
    return [...new Set(names)].sort()
  } catch {
    // Completions and hints are an extra: without a server there are none.
    return []
  }
}
