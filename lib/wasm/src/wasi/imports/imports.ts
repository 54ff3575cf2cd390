import type { HostCall, HostModule } from '../host-module.ts'
import type { GuestProcess } from '../process.ts'
import { errnoCall, guarded, type Call } from './call.ts'
import { environmentCalls } from './environment-calls.ts'
import { fdCalls } from './fd-calls.ts'
import { transferCalls } from './fd-transfer.ts'
import { pathCalls } from './path-calls.ts'
import { pathOpenCalls } from './path-open.ts'
import { pollCalls } from './poll.ts'
import { readdirCalls } from './readdir.ts'
import { sockCalls } from './sock-calls.ts'

const WASI_MODULE = 'wasi_snapshot_preview1'

/** All 46 calls of preview 1. */
function wasiCalls(guest: GuestProcess): Readonly<Record<string, Call>> {
  return {
    ...environmentCalls(guest),
    ...fdCalls(guest),
    ...transferCalls(guest),
    ...readdirCalls(guest),
    ...pathCalls(guest),
    ...pathOpenCalls(guest),
    ...pollCalls(guest),
    ...sockCalls(guest),
  }
}

/** What a runtime asks for as it starts, and nobody sees: a guest that is begun early goes on. */
const UNSEEN: ReadonlySet<string> = new Set([
  'args_get',
  'args_sizes_get',
  'environ_get',
  'environ_sizes_get',
  'clock_res_get',
  'clock_time_get',
  'random_get',
  'sched_yield',
  'fd_prestat_get',
  'fd_prestat_dir_name',
  'fd_fdstat_get',
])

/** The same call, which waits at the guest's gate, if it has one. */
function behindGate(guest: GuestProcess, call: HostCall): HostCall {
  const { gate } = guest
  if (gate === undefined) return call
  return (...args) => (gate.isOpen ? call(...args) : gate.pass().then(() => call(...args)))
}

type Calls = Readonly<Record<string, HostCall>>

/** The calls by name, each guarded; they suspend only where they are wrapped as `WebAssembly.Suspending`. */
export function wasiImports(guest: GuestProcess): Calls {
  return Object.fromEntries(
    Object.entries(wasiCalls(guest)).map(([name, call]) => [
      name,
      UNSEEN.has(name) ? errnoCall(guest, name, call) : behindGate(guest, errnoCall(guest, name, call)),
    ]),
  )
}

/** The calls of preview 1 and of other modules by module name. What these keep is disposed of with the guest. */
export function guestImports(
  guest: GuestProcess,
  modules: readonly HostModule[],
): Readonly<Record<string, Calls>> {
  const others = modules.map((module) => {
    const opened = guest.owned.use(module.open(guest))
    const calls = Object.entries(opened.calls).map(([name, call]) => [
      name,
      behindGate(
        guest,
        guarded(guest, call, (error) => opened.failed(error)),
      ),
    ])
    return [module.name, Object.fromEntries(calls) as Calls] as const
  })
  return { ...Object.fromEntries(others), [WASI_MODULE]: wasiImports(guest) }
}
