import { BufferType, LogLevel, Result } from '../abi.ts'
import type { FilterVm } from '../filter-vm.ts'
import type { HostCalls } from './imports.ts'

/** Logs, clocks, properties, contexts: what has no family. */
export function generalCalls(vm: FilterVm): HostCalls {
  const { host, logBudget: budget } = vm
  return {
    proxy_log: (level: number, pointer: number, length: number) => {
      vm.countHostCall()
      if (level >>> 0 > LogLevel.CRITICAL) return Result.BAD_ARGUMENT
      if (!vm.memory.has(pointer, length)) return Result.INVALID_MEMORY_ACCESS
      const isWanted = level >= host.logLevel()
      if (isWanted && budget.take(Number(host.monotonicNs() / 1_000_000n))) {
        const text = vm.memory.slice(pointer, budget.lineBytes(length >>> 0))
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked above
        host.log(level as LogLevel, text?.toString() ?? '', vm.context?.root.rootId ?? '')
      }
      return Result.OK
    },
    proxy_get_log_level: (pointer: number) => {
      vm.countHostCall()
      return vm.memory.setU32(pointer, host.logLevel()) ? Result.OK : Result.INVALID_MEMORY_ACCESS
    },
    proxy_get_current_time_nanoseconds: (pointer: number) => {
      vm.countHostCall()
      return vm.memory.setU64(pointer, host.nowNs()) ? Result.OK : Result.INVALID_MEMORY_ACCESS
    },
    proxy_set_tick_period_milliseconds: (periodMs: number) => {
      vm.countHostCall()
      vm.context?.root.setTickPeriod(periodMs >>> 0)
      return Result.OK
    },
    proxy_set_effective_context: (id: number) => {
      vm.countHostCall()
      return vm.setEffectiveContext(id >>> 0) ? Result.OK : Result.BAD_ARGUMENT
    },
    proxy_done: () => {
      vm.countHostCall()
      return vm.context?.done() ?? Result.NOT_FOUND
    },
    proxy_get_property: (pointer: number, length: number, valuePointer: number, sizePointer: number) => {
      vm.countHostCall()
      const path = vm.memory.name(pointer, length, false)
      if (path === undefined) return Result.INVALID_MEMORY_ACCESS
      const value = vm.context?.properties.get(path) ?? Result.NOT_FOUND
      if (typeof value === 'number') return value
      const isGiven =
        typeof value === 'string'
          ? vm.memory.giveText(value, valuePointer, sizePointer)
          : vm.memory.giveBytes(value, valuePointer, sizePointer)
      return isGiven ? Result.OK : Result.INVALID_MEMORY_ACCESS
    },
    proxy_set_property: (pointer: number, length: number, valuePointer: number, size: number) => {
      vm.countHostCall()
      const path = vm.memory.latin1(pointer, length)
      const value = vm.memory.slice(valuePointer, size)
      if (path === undefined || value === undefined) return Result.INVALID_MEMORY_ACCESS
      if (value.length > vm.options.limits.valueBytesMax) return tooLarge(vm)
      return vm.context?.properties.set(path, Buffer.from(value)) ?? Result.NOT_FOUND
    },
    proxy_call_foreign_function: (
      namePointer: number,
      nameSize: number,
      argumentPointer: number,
      argumentSize: number,
      valuePointer: number,
      sizePointer: number,
    ) => {
      vm.countHostCall()
      const name = vm.memory.latin1(namePointer, nameSize)
      const argument = vm.memory.slice(argumentPointer, argumentSize)
      if (name === undefined || argument === undefined) return Result.INVALID_MEMORY_ACCESS
      if (argument.length > vm.options.limits.valueBytesMax) return tooLarge(vm)
      const value = vm.context?.properties.callForeign(name, Buffer.from(argument)) ?? Result.NOT_FOUND
      // Some of them take longer than all that is done between two looks.
      vm.lookAtTime()
      if (typeof value === 'number') return value
      // A guest that does not want the result points nowhere.
      if (valuePointer === 0) return Result.OK
      return vm.memory.giveBytes(value, valuePointer, sizePointer) ? Result.OK : Result.INVALID_MEMORY_ACCESS
    },
    // Only in 0.1.0.
    proxy_get_configuration: (valuePointer: number, sizePointer: number) => {
      vm.countHostCall()
      const { context, options } = vm
      const buffer = context?.root.buffer(BufferType.PLUGIN_CONFIGURATION)
      const bytes = buffer instanceof Uint8Array ? buffer : options.vmConfiguration
      return vm.memory.giveBytes(bytes, valuePointer, sizePointer) ? Result.OK : Result.INVALID_MEMORY_ACCESS
    },
    // Of programs that emscripten made.
    emscripten_notify_memory_growth: () => {},
    pthread_equal: (left: number, right: number) => (left === right ? 1 : 0),
    // What AssemblyScript calls before it traps.
    abort: () => vm.exit(255),
  }
}

/** Counted, and refused. */
export function tooLarge(vm: FilterVm): Result {
  vm.refused.values++
  return Result.BAD_ARGUMENT
}
