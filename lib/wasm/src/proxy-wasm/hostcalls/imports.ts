import { WasmError } from '../../error.ts'
import { ENGINE } from '../../wasi/engine.ts'
import { Result } from '../abi.ts'
import type { FilterVm } from '../filter-vm.ts'
import { bufferCalls } from './buffer-calls.ts'
import { callCalls } from './call-calls.ts'
import { generalCalls } from './general-calls.ts'
import { mapCalls } from './map-calls.ts'
import { metricCalls } from './metric-calls.ts'
import { sharedCalls } from './shared-calls.ts'
import { streamCalls } from './stream-calls.ts'
import { wasiCalls } from './wasi-calls.ts'

/** A hostcall. Numbers of type i64 are BigInts. */
export type HostCalls = Readonly<Record<string, (...args: never[]) => number | void>>

/** `ENOTCAPABLE` of WASI. */
const NOT_CAPABLE = 76

/** The modules of imports of a filter, where each call counts itself and one that is not granted says so. */
export function hostImports(
  vm: FilterVm,
  module: WebAssembly.Module,
): Readonly<Record<string, Readonly<Record<string, (...args: never[]) => number | void>>>> {
  const wasi = wasiCalls(vm)
  const given: Readonly<Record<string, HostCalls>> = {
    env: {
      ...generalCalls(vm),
      ...bufferCalls(vm),
      ...mapCalls(vm),
      ...streamCalls(vm),
      ...sharedCalls(vm),
      ...metricCalls(vm),
      ...callCalls(vm),
    },
    wasi_snapshot_preview1: wasi,
    wasi_unstable: wasi,
  }
  const imports: Record<string, Record<string, (...args: never[]) => number | void>> = {}
  for (const { module: from, name, kind } of ENGINE.Module.imports(module)) {
    const calls = Object.hasOwn(given, from) ? given[from] : undefined
    const call = calls !== undefined && Object.hasOwn(calls, name) ? calls[name] : undefined
    if (call === undefined || kind !== 'function')
      throw new WasmError('link', `it imports what no filter is given: ${from}.${name}`)
    imports[from] ??= {}
    imports[from][name] = isGranted(vm, from, name)
      ? call
      : refusing(vm, from === 'env' ? Result.INTERNAL_FAILURE : NOT_CAPABLE)
  }
  return imports
}

/** Of WASI everything leads nowhere but what is logged. */
function isGranted({ options: { capabilities } }: FilterVm, from: string, name: string): boolean {
  return capabilities === undefined || capabilities.has(name) || (from !== 'env' && name !== 'fd_write')
}

function refusing(vm: FilterVm, result: number): () => number {
  return () => {
    vm.countHostCall()
    vm.refused.capability++
    return result
  }
}
