import { BUFFER_TYPE_MAX, Result, type BufferType } from '../abi.ts'
import { BodyBuffer } from '../body-buffer.ts'
import type { FilterVm } from '../filter-vm.ts'
import { tooLarge } from './general-calls.ts'
import type { HostCalls } from './imports.ts'

/** Bodies, data of connections, configurations. */
export function bufferCalls(vm: FilterVm): HostCalls {
  const bufferOf = (type: number): BodyBuffer | Uint8Array | undefined =>
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each caller has checked it
    vm.context?.buffer((type >>> 0) as BufferType)
  return {
    proxy_get_buffer_bytes: (
      type: number,
      start: number,
      length: number,
      valuePointer: number,
      sizePointer: number,
    ) => {
      vm.countHostCall()
      if (type >>> 0 > BUFFER_TYPE_MAX) return Result.BAD_ARGUMENT
      const buffer = bufferOf(type)
      if (buffer === undefined) return Result.NOT_FOUND
      const from = start >>> 0
      const end = Math.min(from + (length >>> 0), buffer.length)
      if (end <= from) return Result.OK
      const bytes = buffer instanceof BodyBuffer ? buffer.bytes() : buffer
      const isGiven = vm.memory.giveBytes(bytes.subarray(from, end), valuePointer, sizePointer)
      return isGiven ? Result.OK : Result.INVALID_MEMORY_ACCESS
    },
    proxy_get_buffer_status: (type: number, lengthPointer: number, flagsPointer: number) => {
      vm.countHostCall()
      if (type >>> 0 > BUFFER_TYPE_MAX) return Result.BAD_ARGUMENT
      const buffer = bufferOf(type)
      if (buffer === undefined) return Result.NOT_FOUND
      const isSet = vm.memory.setU32(lengthPointer, buffer.length) && vm.memory.setU32(flagsPointer, 0)
      return isSet ? Result.OK : Result.INVALID_MEMORY_ACCESS
    },
    proxy_set_buffer_bytes: (
      type: number,
      start: number,
      length: number,
      valuePointer: number,
      size: number,
    ) => {
      vm.countHostCall()
      if (type >>> 0 > BUFFER_TYPE_MAX) return Result.BAD_ARGUMENT
      const buffer = bufferOf(type)
      if (buffer === undefined) return Result.NOT_FOUND
      const value = vm.memory.slice(valuePointer, size)
      if (value === undefined) return Result.INVALID_MEMORY_ACCESS
      if (!(buffer instanceof BodyBuffer)) return Result.BAD_ARGUMENT
      if (buffer.length + value.length > vm.options.limits.valueBytesMax) return tooLarge(vm)
      return replaced(buffer, start >>> 0, length >>> 0, value)
    },
  }
}

/** Before all, behind all, or in place of what it begins with: other places in a body cannot be written. */
function replaced(buffer: BodyBuffer, start: number, length: number, value: Uint8Array): Result {
  if (start === 0) {
    buffer.removeFirst(length)
    buffer.prepend(Buffer.from(value))
  } else if (start >= buffer.length) buffer.append(Buffer.from(value))
  else return Result.BAD_ARGUMENT
  return Result.OK
}
