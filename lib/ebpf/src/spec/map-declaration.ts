import type { Btf } from '../btf/btf.ts'
import type { BtfMember } from '../btf/type.ts'
import { EbpfError } from '../error.ts'
import { mapTypeOf, type MapType } from '../uapi/map-type.ts'
import type { MapSpec } from './collection-spec.ts'

const PIN_BY_NAME = 1
const VALUE_BYTES_MAX = 1 << 30

/** A declaration has a dozen members at most. */
const MEMBER_COUNT_MAX = 64

/** Maps whose content the kernel defines: it refuses to be told types for them. */
const WITHOUT_TYPES: ReadonlySet<MapType> = new Set([
  'perf_event_array',
  'prog_array',
  'cgroup_array',
  'stack_trace',
  'array_of_maps',
  'hash_of_maps',
  'devmap',
  'devmap_hash',
  'cpumap',
  'xskmap',
  'sockmap',
  'sockhash',
  'queue',
  'stack',
  'ringbuf',
  'user_ringbuf',
  'bloom_filter',
])

/**
 * Reads the declaration of a map in `.maps`: a struct whose members say by their types what to create.
 *
 *     struct {
 *       __uint(type, BPF_MAP_TYPE_HASH);   // int (*type)[1]: the number is the array's length
 *       __type(key, u32);                  // u32 *key
 *       __array(values, struct inner);     // struct inner *values[]
 *     } flows SEC(".maps");
 *
 * @param typeId of that struct
 * @throws {EbpfError} `btf`
 */
export function mapOfDeclaration(btf: Btf, name: string, typeId: number): MapSpec {
  const declaration = btf.composite(typeId)
  if (declaration.members.length > MEMBER_COUNT_MAX)
    throw new EbpfError('btf', `map ${name}: ${declaration.members.length} members are no declaration`)
  const members = new Map(declaration.members.map((member) => [member.name, member]))
  const number = (field: string) => numberOf(btf, members.get(field))
  const typeNumber = number('type') ?? 0
  const type = mapTypeOf(typeNumber)
  if (type === undefined) throw new EbpfError('btf', `map ${name}: unknown type ${typeNumber}`)
  const keyTypeId = pointedTo(btf, members.get('key'))
  const valueTypeId = pointedTo(btf, members.get('value'))
  const inner = innerDeclaration(btf, members.get('values'))
  const keyBytes = number('key_size') ?? (keyTypeId === 0 ? 0 : btf.sizeOf(keyTypeId))
  const valueBytes = number('value_size') ?? (valueTypeId === 0 ? 0 : btf.sizeOf(valueTypeId))
  const holdsDescriptors = inner !== undefined || type === 'perf_event_array' || type === 'prog_array'
  if (keyBytes > VALUE_BYTES_MAX || valueBytes > VALUE_BYTES_MAX)
    throw new EbpfError('limit', `map ${name}: key or value of more than ${VALUE_BYTES_MAX} bytes`)
  const typed = !WITHOUT_TYPES.has(type)
  return {
    name,
    type,
    // Descriptors are the values of these, and may be left out of the declaration.
    keyBytes: holdsDescriptors && keyBytes === 0 ? 4 : keyBytes,
    valueBytes: holdsDescriptors && valueBytes === 0 ? 4 : valueBytes,
    maxEntries: number('max_entries') ?? 0,
    flags: number('map_flags') ?? 0,
    pinning: number('pinning') === PIN_BY_NAME ? 'by-name' : 'none',
    keyTypeId: typed ? keyTypeId : 0,
    valueTypeId: typed ? valueTypeId : 0,
    extra: BigInt(number('map_extra') ?? 0),
    frozen: false,
    inner: inner === undefined ? undefined : mapOfDeclaration(btf, `${name}.inner`, inner),
  }
}

/** N of `int (*member)[N]`. */
function numberOf(btf: Btf, member: BtfMember | undefined): number | undefined {
  if (member === undefined) return undefined
  const pointer = btf.resolve(member.typeId)
  const array = pointer.kind === 'ptr' ? btf.resolve(pointer.typeId) : pointer
  if (array.kind !== 'array') throw new EbpfError('btf', `map member ${member.name} is not a number`)
  return array.count
}

/** T of `T *member`, 0 without one. */
function pointedTo(btf: Btf, member: BtfMember | undefined): number {
  if (member === undefined) return 0
  const pointer = btf.resolve(member.typeId)
  if (pointer.kind !== 'ptr') throw new EbpfError('btf', `map member ${member.name} is not a pointer`)
  return pointer.typeId
}

/** S of `S *member[]`: the struct that declares the inner maps. */
function innerDeclaration(btf: Btf, member: BtfMember | undefined): number | undefined {
  if (member === undefined) return undefined
  const array = btf.resolve(member.typeId)
  const pointer = array.kind === 'array' ? btf.resolve(array.elementId) : array
  // prog_array may declare the functions' type here instead.
  if (pointer.kind !== 'ptr' || btf.resolve(pointer.typeId).kind !== 'struct') return undefined
  // Inner maps cannot have inner maps; the kernel says so, and recursion must end.
  const declares = btf.composite(pointer.typeId).members.some(({ name }) => name === 'values')
  if (declares) throw new EbpfError('btf', 'a map within a map cannot hold maps')
  return pointer.typeId
}
