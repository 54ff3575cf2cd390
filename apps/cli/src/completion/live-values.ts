import type { Node } from '@quadrant/proto'
import type { Server } from '../client/connect.ts'

const HOUR_NS = 3600e9

/** Services that the server saw in the last hour, lower case as queries compare; empty where it does not answer. */
export async function liveServices(
  server: Server,
  signal: AbortSignal,
  nowMs = Date.now(),
): Promise<string[]> {
  const nodes = await lastHour(server, signal, nowMs)
  const names = nodes.filter((node) => node.kind === 'service').map((node) => node.label.toLowerCase())
  return [...new Set(names)].sort()
}

/** Ids of processes that the server saw in the last hour, as texts; empty where it does not answer. */
export async function livePids(server: Server, signal: AbortSignal, nowMs = Date.now()): Promise<string[]> {
  const nodes = await lastHour(server, signal, nowMs)
  const pids = nodes.flatMap((node) => node.processes.map(({ pid }) => pid)).filter((pid) => pid > 0)
  return [...new Set(pids)].sort((a, b) => a - b).map(String)
}

async function lastHour(server: Server, signal: AbortSignal, nowMs: number): Promise<readonly Node[]> {
  try {
    const { nodes } = await server.client.getMap(
      { range: { startNs: nowMs * 1e6 - HOUR_NS, endNs: 0 } },
      { signal, timeoutMs: 1500 },
    )
    return nodes
  } catch {
    // Completions and hints are an extra: without a server there are none.
    return []
  }
}
