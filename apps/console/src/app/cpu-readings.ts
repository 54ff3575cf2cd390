import { effect, signal } from '@preact/signals'
import { cpuShare } from '../model/health-report.ts'
import { status } from './live-data.ts'

/** Share of one core, by agent id and `server`, between the last two answers of the server. */
export const cpuReadings = signal<ReadonlyMap<string, number>>(new Map())

const before = new Map<string, { timeMs: number; cpuUs: number }>()

export function startCpuReadings() {
  effect(() => {
    const now = status.value
    if (!now) return
    const shares = new Map(cpuReadings.peek())
    const read = (id: string, timeMs: number, cpuUs: number) => {
      const share = cpuShare(before.get(id), { timeMs, cpuUs })
      if (share !== undefined) shares.set(id, share)
      before.set(id, { timeMs, cpuUs })
    }
    read('server', Date.now(), now.serverCpuUs)
    for (const { agentId, report } of now.agents) if (report) read(agentId, report.timeNs / 1e6, report.cpuUs)
    cpuReadings.value = shares
  })
}
