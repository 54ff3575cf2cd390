import { EbpfError } from '../error.ts'
import { decodeType } from './decode-type.ts'
import { parseBtfHeader, type BtfHeader } from './header.ts'
import { kindOf, trailingBytes, TYPE_BYTES } from './layout.ts'
import { BTF_KINDS, type BtfComposite, type BtfKind, type BtfReference, type BtfType } from './type.ts'

/** vmlinux has 130,000; the kernel itself allows 2^20 (BTF_MAX_TYPE). */
const TYPE_COUNT_MAX = 1 << 20

/** Typedefs and qualifiers in a row; the kernel's own limit is 32 (MAX_RESOLVE_DEPTH). */
const REFERENCE_DEPTH_MAX = 32

/** Dimensions and nested structs of one type; C code does not come near. */
const NESTING_MAX = 32

/** The kernel's own limit (KSYM_NAME_LEN); strings of access are shorter. A million names must fit memory. */
const NAME_BYTES_MAX = 512

const utf8 = new TextDecoder()

/**
 * The BPF Type Format of an object or of the kernel (Documentation/bpf/btf.rst). Reading it notes where each type
 * begins and nothing more; types are decoded when they are asked for.
 */
export class Btf {
  readonly bytes: Uint8Array
  readonly header: BtfHeader
  readonly view: DataView
  /** Byte offset of each type, by id; id 0 is void and has none. */
  readonly #offsets: Uint32Array
  readonly #decoded = new Map<number, BtfType>()
  #idsByName: Map<string, number[]> | undefined

  /** @throws {EbpfError} `btf` */
  constructor(bytes: Uint8Array) {
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.header = parseBtfHeader(bytes)
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#offsets = typeOffsets(this.view, this.header)
  }

  /** Types, void among them: ids are below. */
  get typeCount(): number {
    return this.#offsets.length
  }

  /** Where in `bytes` the type's `struct btf_type` begins. @throws {EbpfError} `btf` */
  offsetOf(id: number): number {
    const offset = this.#offsets[id]
    if (offset === undefined || id === 0) throw new EbpfError('btf', `no type ${id}`)
    return offset
  }

  /** @throws {EbpfError} `btf` */
  type(id: number): BtfType {
    if (id === 0) return VOID
    let type = this.#decoded.get(id)
    if (type === undefined) {
      type = decodeType(this, id)
      this.#decoded.set(id, type)
    }
    return type
  }

  /** The string at an offset of the string section. @throws {EbpfError} `btf` */
  string(offset: number): string {
    const { stringsOffset, stringsBytes } = this.header
    if (offset >= stringsBytes) throw new EbpfError('btf', `string at ${offset}: outside`)
    const start = stringsOffset + offset
    const end = this.bytes.indexOf(0, start)
    if (end - start > NAME_BYTES_MAX) throw new EbpfError('btf', `string at ${offset}: too long`)
    return utf8.decode(this.bytes.subarray(start, end))
  }

  /** Ids of all types with this name and, where given, kind. The first call indexes all names. */
  idsOf(name: string, kind?: BtfKind): readonly number[] {
    this.#idsByName ??= this.#indexNames()
    const ids = this.#idsByName.get(name) ?? []
    return kind === undefined ? ids : ids.filter((id) => this.kind(id) === kind)
  }

  /** The kind alone, without decoding. */
  kind(id: number): BtfKind {
    if (id === 0) return 'void'
    const info = this.view.getUint32(this.offsetOf(id) + 4, this.header.littleEndian)
    return BTF_KINDS[kindOf(info)] ?? 'void'
  }

  /** `struct NAME`, `union NAME`, `enum NAME` or a typedef. @throws {EbpfError} `not-found` */
  find(declaration: string): BtfType {
    const [word, name] = declaration.split(' ')
    const ids = name === undefined ? this.idsOf(declaration) : this.idsOf(name)
    const wanted = name === undefined ? undefined : word
    const id = ids.find((id) => (wanted === undefined ? true : this.kind(id).replace('64', '') === wanted))
    if (id === undefined) throw new EbpfError('not-found', `no type "${declaration}" in the BTF`)
    return this.type(id)
  }

  /** The type without typedefs, qualifiers and tags. @throws {EbpfError} `btf` when they go in a circle */
  resolve(id: number): BtfType {
    let type = this.type(id)
    for (let depth = 0; isAlias(type); depth++) {
      if (depth === REFERENCE_DEPTH_MAX) throw new EbpfError('btf', `type ${id} refers to itself`)
      type = this.type(type.typeId)
    }
    return type
  }

  /** A struct or union behind typedefs. @throws {EbpfError} `btf` */
  composite(id: number): BtfComposite {
    const type = this.resolve(id)
    if (type.kind === 'struct' || type.kind === 'union') return type
    throw new EbpfError('btf', `type ${id} is a ${type.kind}, not a struct or union`)
  }

  /** Bytes a value of the type takes. @throws {EbpfError} `btf` for functions and the like */
  sizeOf(id: number): number {
    let count = 1
    let type = this.resolve(id)
    if (type.kind === 'var') type = this.resolve(type.typeId)
    for (let depth = 0; type.kind === 'array'; depth++) {
      if (depth === NESTING_MAX) throw new EbpfError('btf', `array ${id} has too many dimensions`)
      count *= type.count
      type = this.resolve(type.elementId)
    }
    const bytes = count * ownBytes(type)
    if (!Number.isSafeInteger(bytes)) throw new EbpfError('btf', `type ${id} is larger than any memory`)
    return bytes
  }

  #indexNames(): Map<string, number[]> {
    const byOffset = new Map<number, number[]>()
    for (let id = 1; id < this.#offsets.length; id++) {
      const offset = this.view.getUint32(this.#offsets[id]!, this.header.littleEndian)
      const ids = byOffset.get(offset)
      if (offset === 0) continue
      if (ids === undefined) byOffset.set(offset, [id])
      else ids.push(id)
    }
    const index = new Map<string, number[]>()
    for (const [offset, ids] of byOffset) {
      const name = this.string(offset)
      const already = index.get(name)
      if (already === undefined) index.set(name, ids)
      else for (const id of ids) already.push(id)
    }
    return index
  }
}

const VOID: BtfType = { id: 0, kind: 'void', name: '' }

/** Of a type that is no array and stands for no other. @throws {EbpfError} `btf` for functions and the like */
function ownBytes(type: BtfType): number {
  if (type.kind === 'ptr') return 8
  if ('bytes' in type) return type.bytes
  throw new EbpfError('btf', `a ${type.kind} has no size`)
}

function isAlias(type: BtfType): type is BtfReference {
  switch (type.kind) {
    case 'typedef':
    case 'const':
    case 'volatile':
    case 'restrict':
    case 'type_tag':
      return true
    default:
      return false
  }
}

function typeOffsets(view: DataView, header: BtfHeader): Uint32Array {
  const end = header.typesOffset + header.typesBytes
  const offsets = new Uint32Array(Math.min(Math.floor(header.typesBytes / TYPE_BYTES), TYPE_COUNT_MAX) + 1)
  let count = 1
  for (let at = header.typesOffset; at < end;) {
    if (count === TYPE_COUNT_MAX) throw new EbpfError('btf', `more than ${TYPE_COUNT_MAX} types`)
    const left = end - at
    const info = left >= TYPE_BYTES ? view.getUint32(at + 4, header.littleEndian) : 0
    const trailing = trailingBytes(info)
    if (left < TYPE_BYTES) throw new EbpfError('btf', `type ${count} is cut off`)
    if (trailing < 0) throw new EbpfError('btf', `type ${count} is of the unknown kind ${kindOf(info)}`)
    if (left < TYPE_BYTES + trailing) throw new EbpfError('btf', `type ${count} is cut off`)
    offsets[count++] = at
    at += TYPE_BYTES + trailing
  }
  return offsets.slice(0, count)
}
