import { Result } from '../abi.ts'
import type { FilterVm } from '../filter-vm.ts'
import { tooLarge } from './general-calls.ts'
import type { HostCalls } from './imports.ts'

/** Data and queues that several instances share. */
export function sharedCalls(vm: FilterVm): HostCalls {
  const { sharedData, sharedQueues } = vm.host
  return {
    proxy_get_shared_data: (
      keyPointer: number,
      keySize: number,
      valuePointer: number,
      sizePointer: number,
      casPointer: number,
    ) => {
      vm.countHostCall()
      const key = vm.memory.name(keyPointer, keySize, false)
      if (key === undefined) return Result.INVALID_MEMORY_ACCESS
      const entry = sharedData.get(key)
      if (typeof entry === 'number') return entry
      const isGiven =
        vm.memory.giveBytes(entry.value, valuePointer, sizePointer) && vm.memory.setU32(casPointer, entry.cas)
      return isGiven ? Result.OK : Result.INVALID_MEMORY_ACCESS
    },
    proxy_set_shared_data: (
      keyPointer: number,
      keySize: number,
      valuePointer: number,
      valueSize: number,
      cas: number,
    ) => {
      vm.countHostCall()
      const key = vm.memory.name(keyPointer, keySize, false)
      const value = vm.memory.slice(valuePointer, valueSize)
      if (key === undefined || value === undefined) return Result.INVALID_MEMORY_ACCESS
      if (key.length + value.length > vm.options.limits.valueBytesMax) return tooLarge(vm)
      return sharedData.set(key, value, cas >>> 0)
    },
    proxy_register_shared_queue: (namePointer: number, nameSize: number, tokenPointer: number) => {
      vm.countHostCall()
      const name = vm.memory.latin1(namePointer, nameSize)
      if (name === undefined || !vm.memory.has(tokenPointer, 4)) return Result.INVALID_MEMORY_ACCESS
      const registered = vm.context?.root.registerQueue(name)
      if (registered === undefined) return Result.INTERNAL_FAILURE
      if ('result' in registered) return registered.result
      return vm.memory.setU32(tokenPointer, registered.token) ? Result.OK : Result.INVALID_MEMORY_ACCESS
    },
    proxy_resolve_shared_queue: (
      vmIdPointer: number,
      vmIdSize: number,
      namePointer: number,
      nameSize: number,
      tokenPointer: number,
    ) => {
      vm.countHostCall()
      const vmId = vm.memory.latin1(vmIdPointer, vmIdSize)
      const name = vm.memory.latin1(namePointer, nameSize)
      if (vmId === undefined || name === undefined) return Result.INVALID_MEMORY_ACCESS
      const token = sharedQueues.resolve(vmId === '' ? vm.options.vmId : vmId, name)
      if (token === undefined) return Result.NOT_FOUND
      return vm.memory.setU32(tokenPointer, token) ? Result.OK : Result.INVALID_MEMORY_ACCESS
    },
    proxy_enqueue_shared_queue: (token: number, pointer: number, size: number) => {
      vm.countHostCall()
      const value = vm.memory.slice(pointer, size)
      if (value === undefined) return Result.INVALID_MEMORY_ACCESS
      if (value.length > vm.options.limits.valueBytesMax) return tooLarge(vm)
      return sharedQueues.enqueue(token >>> 0, value)
    },
    proxy_dequeue_shared_queue: (token: number, valuePointer: number, sizePointer: number) => {
      vm.countHostCall()
      const value = sharedQueues.dequeue(token >>> 0)
      if (typeof value === 'number') return value
      return vm.memory.giveBytes(value, valuePointer, sizePointer) ? Result.OK : Result.INVALID_MEMORY_ACCESS
    },
  }
}
