import type { Btf } from '../btf/btf.ts'
import type { MapType } from '../uapi/map-type.ts'
import type { SectionKind } from './section-kind.ts'
import type { VariableSpec } from './variable-spec.ts'

/** What an object file asks of a kernel: pure data, the same on every machine. `Collection.load` applies it. */
export interface CollectionSpec {
  readonly name: string
  readonly littleEndian: boolean
  readonly license: string
  readonly programs: ReadonlyMap<string, ProgramSpec>
  readonly maps: ReadonlyMap<string, MapSpec>
  /** Global variables, to be set before loading. */
  readonly variables: ReadonlyMap<string, VariableSpec>
  readonly btf: Btf
}

/** What may be changed before loading is not readonly. */
export interface MapSpec {
  readonly name: string
  readonly type: MapType
  readonly keyBytes: number
  readonly valueBytes: number
  maxEntries: number
  /** `MAP_FLAG` bits. */
  flags: number
  /** Whether it is shared by its name in the load's `pinRoot`. */
  pinning: 'none' | 'by-name'
  /** Types in the collection's BTF, 0 for none. */
  readonly keyTypeId: number
  readonly valueTypeId: number
  readonly extra: bigint
  /** What the one value begins with: of .data, .rodata and .bss. */
  readonly content?: Uint8Array
  /** No user-space writes once it has its content: .rodata. */
  readonly frozen: boolean
  /** The maps within, of array_of_maps and hash_of_maps. */
  readonly inner?: MapSpec
}

/** A place in the instructions where the kernel wants a map's descriptor. */
export interface MapReference {
  /** Index of the 16-byte load instruction. */
  readonly instruction: number
  readonly map: string
  /** Offset in the map's first value; undefined when the map itself is meant. */
  readonly valueOffset?: number
}

/** A program, linked but for the descriptors of its maps. */
export interface ProgramSpec {
  readonly name: string
  readonly section: string
  readonly kind: SectionKind
  /** Encoded for the object's byte order, the called functions behind the entry function. */
  readonly instructions: Uint8Array
  readonly references: readonly MapReference[]
  /** `struct bpf_func_info`: instruction index, type id. */
  readonly functionInfo: Uint32Array
  /** `struct bpf_line_info`: instruction index, file name, line, line and column. */
  readonly lineInfo: Uint32Array
  /** `struct bpf_core_relo`: byte offset of the instruction, type id, access string, kind. */
  readonly coreRelocations: Uint32Array
}
