import type { Server } from '../client/connect.ts'

const HOUR_NS = 3600e9
/** A shell's completion waits no longer. */
const TIMEOUT_MS = 1500

/** Services that the server saw in the last hour, lower case as queries compare; empty where it does not answer. */
export async function liveServices(
  server: Server,
  signal: AbortSignal,
  nowMs = Date.now(),
): Promise<string[]> {
  try {
    const map = await server.client.getMap({ range: lastHour(nowMs) }, { signal, timeoutMs: TIMEOUT_MS })
    const names = map.nodes.filter((node) => node.kind === 'service').map((node) => node.label.toLowerCase())
    return [...new Set(names)].sort()
  } catch {
    // Completions and hints are an extra: without a server there are none.
    return []
  }
}

/**
 * Services, as they are written, and process ids of those that ran in the last hour, also those that talk to nobody;
 * empty where the server does not answer.
 */
export async function liveTargets(
  server: Server,
  signal: AbortSignal,
  nowMs = Date.now(),
): Promise<{ readonly services: readonly string[]; readonly pids: readonly string[] }> {
  try {
    const { instances } = await server.client.getService(
      { subject: '', range: lastHour(nowMs) },
      { signal, timeoutMs: TIMEOUT_MS },
    )
    const processes = instances.flatMap(({ process }) => process ?? [])
    const services = processes.map(({ service }) => service).filter((service) => service !== '')
    const pids = processes.map(({ pid }) => pid).filter((pid) => pid > 0)
    return {
      services: [...new Set(services)].sort(),
      pids: [...new Set(pids)].sort((a, b) => a - b).map(String),
    }
  } catch {
    return { services: [], pids: [] }
  }
}

function lastHour(nowMs: number): { readonly startNs: number; readonly endNs: number } {
  return { startNs: nowMs * 1e6 - HOUR_NS, endNs: 0 }
}
