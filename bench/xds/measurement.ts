import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { LineProcess } from '../line-process.ts'
import { cpuSeconds } from '../load/cpu.ts'
import type { PeerProgram, Server } from './peer-program.ts'

export interface Setting {
  readonly isDelta: boolean
  readonly streams: number
  readonly resources: number
}

export interface PushCount {
  readonly one: number
  readonly all: number
}

/** Of pushes of one kind. */
export interface Pushes {
  /** Until each client had each of them. */
  readonly latenciesMs: readonly number[]
  /** Of the server, by push. */
  readonly cpuMs: readonly number[]
}

export interface Measured {
  /** From when all ask until all have all. */
  readonly syncMs: number
  readonly one: Pushes
  readonly all: Pushes
  /** Of the server, at the end. */
  readonly rssMib: number
  /** Before anyone came. */
  readonly idleMib: number
}

/** Not counted: the first ones compile and grow. */
const WARM_UP = 3
/** Between pushes, for the answers to be there. */
const REST_MS = 40

export async function measure(
  program: PeerProgram,
  kind: Server,
  { isDelta, streams, resources }: Setting,
  count: PushCount,
): Promise<Measured> {
  await using server = program.server(kind)
  const { port } = await server.read<{ port: number }>()
  await server.ask(`set 0 ${resources} 0`)
  const idleMib = rssMib(server.pid)
  await using clients = program.clients(port, isDelta, streams, resources)
  await clients.read()
  const { tookNs } = await clients.ask<{ tookNs: number }>('sync')
  let tag = 0
  const pushes = async (pushCount: number, changed: number): Promise<Pushes> => {
    const latenciesMs: number[] = []
    const cpuMs: number[] = []
    for (let index = -WARM_UP; index < pushCount; index++) {
      const push = await pushOnce(server, clients, ++tag, changed, resources)
      if (index < 0) continue
      latenciesMs.push(...push.latenciesMs)
      cpuMs.push(...push.cpuMs)
    }
    return { latenciesMs: latenciesMs.toSorted((a, b) => a - b), cpuMs }
  }
  const one = await pushes(count.one, 1)
  const all = await pushes(count.all, resources)
  return { syncMs: tookNs / 1e6, one, all, rssMib: rssMib(server.pid), idleMib }
}

async function pushOnce(
  server: LineProcess,
  clients: LineProcess,
  tag: number,
  changed: number,
  resources: number,
): Promise<Pushes> {
  await pause(REST_MS)
  await clients.ask(`expect ${changed}`)
  const before = cpuSeconds([server.pid])
  const from = changed === resources ? 0 : tag % resources
  const { beganNs } = await server.ask<{ beganNs: number }>(`set ${from} ${from + changed} ${tag}`)
  const { gotNs } = await clients.ask<{ gotNs: readonly number[] }>('got')
  await pause(REST_MS)
  return {
    latenciesMs: gotNs.map((ns) => (ns - beganNs) / 1e6),
    cpuMs: [(cpuSeconds([server.pid]) - before) * 1e3],
  }
}

function rssMib(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1024
}

export function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]!
}
