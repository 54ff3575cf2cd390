import type { AgentRow } from '../store/store.ts'
import type { ServerState } from '../state.ts'

/** Those that are connected, and of hosts without one the last. One that began anew takes the place of the one before. */
export async function currentAgents({ store, agents }: ServerState): Promise<readonly AgentRow[]> {
  const rows = await store.agents()
  const connected = new Set(rows.filter(({ agentId }) => agents.isConnected(agentId)).map(({ host }) => host))
  return rows.filter(({ agentId, host }) => agents.isConnected(agentId) || !connected.has(host))
}
