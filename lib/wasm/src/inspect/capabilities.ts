import type { ModuleImport } from '../module/module-spec.ts'
import type { Capability, ModuleAbi } from './module-report.ts'

/** What the calls of WASI preview 1 let a program do, by the beginning of their names; the first that fits counts. */
const PREVIEW_1: readonly (readonly [prefix: string, capability: string])[] = [
  ['args_', 'arguments'],
  ['environ_', 'environment'],
  ['clock_', 'clocks'],
  ['random_', 'randomness'],
  ['poll_', 'waiting'],
  ['sched_', 'waiting'],
  ['proc_', 'ending'],
  ['sock_', 'sockets'],
  ['path_', 'files'],
  ['fd_prestat_', 'files'],
  ['fd_readdir', 'files'],
  ['fd_', 'descriptors'],
]

const OTHER_MODULES: ReadonlyMap<string, string> = new Map([
  ['quadrant_net_v1', 'network'],
  ['wasi_ephemeral_nn', 'inference'],
])

/** The module whose functions a proxy gives its filters. */
const PROXY_WASM = 'env'

/** What a module asks for, by what it can do with it. */
export function capabilitiesOf(imports: readonly ModuleImport[], abi: ModuleAbi): readonly Capability[] {
  const found = new Map<string, Set<string>>()
  for (const { module, name, kind } of imports) {
    const capability = capabilityOf(module, name, kind, abi)
    const named = found.get(capability) ?? new Set()
    found.set(capability, named.add(`${module}.${name}`))
  }
  return [...found].map(([name, named]) => ({ name, imports: [...named] }))
}

function capabilityOf(module: string, name: string, kind: ModuleImport['kind'], abi: ModuleAbi): string {
  if (kind !== 'function') return kind === 'memory' ? 'memory of the host' : 'unknown'
  if (module === 'wasi_snapshot_preview1')
    return PREVIEW_1.find(([prefix]) => name.startsWith(prefix))?.[1] ?? 'unknown'
  if (module === PROXY_WASM && abi.startsWith('proxy-wasm')) return 'proxy'
  return OTHER_MODULES.get(module) ?? 'unknown'
}
