import { EbpfError } from '../error.ts'
import type { MapSpec } from '../spec/collection-spec.ts'
import { BPF, BpfAttr, bpf } from '../sys/bpf.ts'
import { closeFd } from '../sys/file-descriptor.ts'
import { MAP_TYPES } from '../uapi/map-type.ts'
import { possibleCpuCount } from './possible-cpus.ts'

/** BPF_MAP_CREATE: the new map's descriptor. @param btfFd 0 for none @throws {EbpfError} */
export function createMap(spec: MapSpec, btfFd: number): number {
  const innerFd = spec.inner === undefined ? 0 : createMap(spec.inner, 0)
  try {
    return create(spec, btfFd, innerFd)
  } catch (error) {
    // Some map types take no types, and which they are differs between kernels: the map works without.
    const typed = btfFd !== 0 && (spec.keyTypeId !== 0 || spec.valueTypeId !== 0)
    if (typed && error instanceof EbpfError && error.code !== 'permission') return create(spec, 0, innerFd)
    throw error
  } finally {
    if (innerFd !== 0) closeFd(innerFd)
  }
}

function create(spec: MapSpec, btfFd: number, innerFd: number): number {
  const typed = btfFd !== 0
  const perProcessor = spec.type === 'perf_event_array' && spec.maxEntries === 0
  const attr = new BpfAttr()
    .u32(0, MAP_TYPES[spec.type])
    .u32(4, spec.keyBytes)
    .u32(8, spec.valueBytes)
    .u32(12, perProcessor ? possibleCpuCount() : spec.maxEntries)
    .u32(16, spec.flags)
    .u32(20, innerFd)
    .u32(24, 0)
    .name(28, spec.name)
  if (typed) attr.u32(48, btfFd).u32(52, spec.keyTypeId).u32(56, spec.valueTypeId)
  if (spec.extra !== 0n) attr.u64(64, spec.extra)
  return bpf(BPF.MAP_CREATE, attr, `create map ${spec.name}`)
}
