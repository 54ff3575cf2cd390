import { EbpfError } from '../error.ts'
import type { Btf } from './btf.ts'
import { valueCodec, type CStruct } from './value-codec.ts'

/** A member of a struct, and where it is. */
export interface StructField {
  readonly name: string
  /** Bytes from the start of the struct; the byte of the first bit for bit-fields. */
  readonly offset: number
  readonly bytes: number
  readonly typeId: number
}

/** Reads and writes one struct or union of C at any place of a view. */
export interface StructCodec {
  readonly bytes: number
  /** The members; those of anonymous structs and unions as the parent's own. */
  readonly fields: readonly StructField[]
  /** Where a field is: `port`, `nested.x`, `peers[3].address`. @throws {EbpfError} `not-found` */
  offset(path: string): number
  /** @throws {EbpfError} `argument` when the view ends before the struct does */
  read(view: DataView, at: number): CStruct
  /** Fields that `value` lacks stay as they are. @throws {EbpfError} `argument` */
  write(view: DataView, at: number, value: CStruct): void
}

/**
 * The codec of a struct that the object's or kernel's BTF describes.
 *
 *     const flow = structCodec(spec.btf, 'struct flow')
 *     flow.read(new DataView(value.buffer), 0).port
 *
 * For records by the million use `offset` once and typed arrays: `read` makes objects.
 *
 * @param declaration `struct NAME`, `union NAME` or a typedef of one
 * @throws {EbpfError} `not-found`, `btf`, `limit`
 */
export function structCodec(btf: Btf, declaration: string): StructCodec {
  const type = btf.composite(btf.find(declaration).id)
  const codec = valueCodec(btf, type.id)
  return {
    bytes: type.bytes,
    fields: fieldsOf(btf, type.id),
    offset: (path) => offsetOf(btf, type.id, path),
    read: (view, at) => {
      checkRoom(declaration, type.bytes, view, at)
      return codec.read(view, at) as CStruct
    },
    write: (view, at, value) => {
      checkRoom(declaration, type.bytes, view, at)
      codec.write(view, at, value)
    },
  }
}

function checkRoom(declaration: string, bytes: number, view: DataView, at: number): void {
  if (at >= 0 && at + bytes <= view.byteLength) return
  throw new EbpfError(
    'argument',
    `${declaration} has ${bytes} bytes: at ${at} of ${view.byteLength} it does not fit`,
  )
}

function fieldsOf(btf: Btf, typeId: number, base = 0): StructField[] {
  return btf.composite(typeId).members.flatMap((member) => {
    const offset = base + (member.offsetBits >> 3)
    if (member.name === '') return fieldsOf(btf, member.typeId, offset)
    const bits = member.bitfieldBits
    const bytes = bits > 0 ? ((member.offsetBits & 7) + bits + 7) >> 3 : btf.sizeOf(member.typeId)
    return { name: member.name, offset, bytes, typeId: member.typeId }
  })
}

function offsetOf(btf: Btf, rootId: number, path: string): number {
  let typeId = rootId
  let offset = 0
  for (const [, name, index] of path.matchAll(/([^.[\]]+)|\[(\d+)\]/g)) {
    if (name !== undefined) {
      const field = fieldsOf(btf, typeId).find((field) => field.name === name)
      if (field === undefined) throw new EbpfError('not-found', `"${path}": there is no field "${name}"`)
      offset += field.offset
      typeId = field.typeId
    } else {
      const array = btf.resolve(typeId)
      if (array.kind !== 'array')
        throw new EbpfError('not-found', `"${path}": [${index}] of what is no array`)
      if (Number(index) >= array.count)
        throw new EbpfError('not-found', `"${path}": only ${array.count} elements`)
      offset += Number(index) * btf.sizeOf(array.elementId)
      typeId = array.elementId
    }
  }
  return offset
}
