import { MAP_TYPE_MAX, MapType, Result } from '../abi.ts'
import type { FilterVm } from '../filter-vm.ts'
import type { HeaderMap } from '../header-map.ts'
import { PAIRS_MAX, pairsByteLength, readPairs, writePairs } from '../pairs.ts'
import { lowered } from '../vm-memory.ts'
import { tooLarge } from './general-calls.ts'
import type { HostCalls } from './imports.ts'

/** Headers, trailers and metadata. */
export function mapCalls(vm: FilterVm): HostCalls {
  /** Changes a map that can be changed, with a name and a value of the guest. */
  const changed = (
    type: number,
    namePointer: number,
    nameSize: number,
    valuePointer: number,
    valueSize: number,
    change: (map: HeaderMap, name: string, value: string) => void,
  ): Result => {
    vm.countHostCall()
    if (!isMapType(type)) return Result.BAD_ARGUMENT
    const given = vm.memory.name(namePointer, nameSize, true)
    const value = vm.memory.latin1(valuePointer, valueSize)
    if (given === undefined || value === undefined) return Result.INVALID_MEMORY_ACCESS
    const map = vm.context?.mutableMap(type)
    if (map === undefined) return Result.BAD_ARGUMENT
    const name = fieldName(type, given)
    if (map.byteLength + name.length + value.length > vm.options.limits.valueBytesMax) return tooLarge(vm)
    if (map.size >= PAIRS_MAX && (change === append || (change === replace && !map.has(name))))
      return tooLarge(vm)
    change(map, name, value)
    if (!isWritable(given, value) && map.has(name)) map.malformed ??= given
    if (type === MapType.REQUEST_HEADERS) vm.context?.clearRouteCache()
    return Result.OK
  }
  return {
    proxy_get_header_map_value: (
      type: number,
      namePointer: number,
      nameSize: number,
      valuePointer: number,
      sizePointer: number,
    ) => {
      vm.countHostCall()
      if (!isMapType(type)) return Result.BAD_ARGUMENT
      const name = vm.memory.name(namePointer, nameSize, true)
      if (name === undefined) return Result.INVALID_MEMORY_ACCESS
      const map = vm.context?.map(type)
      if (map === undefined) return Result.BAD_ARGUMENT
      const value = map.get(fieldName(type, name)) ?? (vm.exports.abi === '0.1.0' ? '' : undefined)
      if (value === undefined) return Result.NOT_FOUND
      return vm.memory.giveText(value, valuePointer, sizePointer) ? Result.OK : Result.INVALID_MEMORY_ACCESS
    },
    proxy_get_header_map_pairs: (type: number, valuePointer: number, sizePointer: number) => {
      vm.countHostCall()
      if (!isMapType(type)) return Result.BAD_ARGUMENT
      const map = vm.context?.map(type)
      if (map === undefined || map.size === 0)
        return vm.memory.giveText('', valuePointer, sizePointer) ? Result.OK : Result.INVALID_MEMORY_ACCESS
      const size = pairsByteLength(map.names, map.values)
      const pointer = vm.memory.place(size)
      if (pointer === undefined) return Result.INVALID_MEMORY_ACCESS
      writePairs(map.names, map.values, vm.memory.all, pointer)
      const isSet = vm.memory.setU32(valuePointer, pointer) && vm.memory.setU32(sizePointer, size)
      return isSet ? Result.OK : Result.INVALID_MEMORY_ACCESS
    },
    proxy_get_header_map_size: (type: number, sizePointer: number) => {
      vm.countHostCall()
      if (!isMapType(type)) return Result.BAD_ARGUMENT
      // As Envoy: a map that cannot be changed has no size.
      const map = vm.context?.mutableMap(type)
      if (map === undefined) return Result.BAD_ARGUMENT
      return vm.memory.setU32(sizePointer, map.byteLength) ? Result.OK : Result.INVALID_MEMORY_ACCESS
    },
    proxy_set_header_map_pairs: (type: number, pointer: number, size: number) => {
      vm.countHostCall()
      if (!isMapType(type)) return Result.BAD_ARGUMENT
      const bytes = vm.memory.slice(pointer, size)
      if (bytes === undefined) return Result.INVALID_MEMORY_ACCESS
      if (bytes.length > vm.options.limits.valueBytesMax) return tooLarge(vm)
      const map = vm.context?.mutableMap(type)
      if (map === undefined) return Result.BAD_ARGUMENT
      const pairs = readPairs(bytes, lowered)
      map.clear()
      // What is no pairs is none, as in the C++ host.
      for (const [name, value] of pairs ?? []) {
        if (!isWritable(name, value)) map.malformed ??= name
        map.append(name, value)
      }
      if (type === MapType.REQUEST_HEADERS) vm.context?.clearRouteCache()
      return Result.OK
    },
    proxy_add_header_map_value: (type: number, name: number, nameSize: number, value: number, size: number) =>
      changed(type, name, nameSize, value, size, append),
    proxy_replace_header_map_value: (
      type: number,
      name: number,
      nameSize: number,
      value: number,
      size: number,
    ) => changed(type, name, nameSize, value, size, replace),
    proxy_remove_header_map_value: (type: number, name: number, nameSize: number) =>
      changed(type, name, nameSize, 0, 0, (map, key) => map.remove(key)),
  }
}

function append(map: HeaderMap, name: string, value: string): void {
  map.append(name, value)
}

/** As Envoy: it goes to the end. */
function replace(map: HeaderMap, name: string, value: string): void {
  map.remove(name)
  map.append(name, value)
}

function isMapType(type: number): type is MapType {
  return type >>> 0 <= MAP_TYPE_MAX
}

/** Where a filter asks for `host`, Envoy gives it what HTTP/2 has in its place. */
function fieldName(type: MapType, name: string): string {
  return name === 'host' && type === MapType.REQUEST_HEADERS ? ':authority' : name
}

/** What would be another field, or end the head, were it written (RFC 9110 5.5). */
function isWritable(name: string, value: string): boolean {
  return FIELD_NAME.test(name) && !/[\0\r\n]/.test(value)
}

const FIELD_NAME = /^:?[!#$%&'*+.^_`|~0-9a-z-]+$/
