import type { Btf } from '../btf/btf.ts'
import type { BtfComposite, BtfEnum } from '../btf/type.ts'
import { EbpfError } from '../error.ts'
import { subjectOf, type RelocationKind } from './relocation-kind.ts'

/** One step into a type: a member by name, or an element by index. */
export interface Step {
  /** The struct or union for a member; the element's type for an index. */
  readonly typeId: number
  readonly index: number
  /** Undefined for an index. */
  readonly name?: string
}

/** A way from a type to what a relocation asks about. */
export interface Access {
  readonly btf: Btf
  /** Without typedefs and qualifiers, save for relocations that ask for a type. */
  readonly rootId: number
  readonly steps: readonly Step[]
  readonly offsetBits: number
}

/** Members of members: the kernel's own limit (BPF_CORE_SPEC_MAX_LEN). */
const STEPS_MAX = 64

/**
 * Follows an access string through the object's own types: `0:2:1` is member 1 of member 2 of `root[0]`.
 *
 * @throws {EbpfError} `btf`
 */
export function parseAccess(btf: Btf, kind: RelocationKind, typeId: number, text: string): Access {
  const indexes = text.split(':').map(Number)
  if (indexes.length > STEPS_MAX || !indexes.every((index) => Number.isSafeInteger(index) && index >= 0))
    throw new EbpfError('btf', `access string "${text.slice(0, 64)}"`)
  const [first = 0, ...rest] = indexes
  const subject = subjectOf(kind)
  if (subject === 'type') return { btf, rootId: typeId, steps: [], offsetBits: 0 }
  const root = btf.resolve(typeId)
  if (subject === 'enum') {
    const value = enumValue(root, first)
    return {
      btf,
      rootId: root.id,
      steps: [{ typeId: root.id, index: first, name: value.name }],
      offsetBits: 0,
    }
  }
  const steps: Step[] = [{ typeId: root.id, index: first }]
  let offsetBits = first * btf.sizeOf(root.id) * 8
  let type = root
  for (const index of rest) {
    if (type.kind === 'struct' || type.kind === 'union') {
      const member = memberOf(type, index)
      offsetBits += member.offsetBits
      // Anonymous members are no step: the other side may have other ones, or none.
      if (member.name !== '') steps.push({ typeId: type.id, index, name: member.name })
      type = btf.resolve(member.typeId)
    } else if (type.kind === 'array') {
      const elementId = btf.resolve(type.elementId).id
      steps.push({ typeId: elementId, index })
      offsetBits += index * btf.sizeOf(elementId) * 8
      type = btf.type(elementId)
    } else {
      throw new EbpfError('btf', `access string "${text}" goes through a ${type.kind}`)
    }
  }
  return { btf, rootId: root.id, steps, offsetBits }
}

/** The member at an index. @throws {EbpfError} `btf` when there are fewer */
export function memberOf(type: BtfComposite, index: number) {
  const member = type.members[index]
  if (member === undefined) throw new EbpfError('btf', `${type.kind} ${type.name} has no member ${index}`)
  return member
}

/** The constant at an index. @throws {EbpfError} `btf` when there are fewer, or it is no enum */
export function enumValue(type: { readonly kind: string; readonly name: string }, index: number) {
  const value = type.kind === 'enum' || type.kind === 'enum64' ? (type as BtfEnum).values[index] : undefined
  if (value === undefined) throw new EbpfError('btf', `${type.kind} ${type.name} has no value ${index}`)
  return value
}

/** `struct sock.sk_protocol`, for messages. */
export function describe({ btf, rootId, steps }: Access): string {
  const root = btf.type(rootId)
  const names = steps.map(({ name, index }, position) => {
    if (name !== undefined) return `.${name}`
    return position === 0 && index === 0 ? '' : `[${index}]`
  })
  return `${root.kind} ${root.name}${names.join('')}`
}
