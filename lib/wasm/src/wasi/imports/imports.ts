import type { GuestProcess } from '../process.ts'
import { guarded, type Call } from './call.ts'
import { environmentCalls } from './environment-calls.ts'
import { fdCalls } from './fd-calls.ts'
import { transferCalls } from './fd-transfer.ts'
import { pathCalls } from './path-calls.ts'
import { pathOpenCalls } from './path-open.ts'
import { pollCalls } from './poll.ts'
import { readdirCalls } from './readdir.ts'
import { sockCalls } from './sock-calls.ts'

export const WASI_MODULE = 'wasi_snapshot_preview1'

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

/** The calls by name, each guarded; they suspend only where they are wrapped as `WebAssembly.Suspending`. */
export function wasiImports(guest: GuestProcess) {
  return Object.fromEntries(
    Object.entries(wasiCalls(guest)).map(([name, call]) => [name, guarded(guest, name, call)]),
  )
}
