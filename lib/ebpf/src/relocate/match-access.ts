import type { Btf } from '../btf/btf.ts'
import { memberOf, type Access, type Step } from './access.ts'
import { fieldsCompatible, typesCompatible } from './compatible.ts'
import { essentialName, subjectOf, type RelocationKind } from './relocation-kind.ts'

/** The same way through another BTF's type, members found by name; undefined when it is not there. */
export function matchAccess(
  local: Access,
  kind: RelocationKind,
  target: Btf,
  targetId: number,
): Access | undefined {
  switch (subjectOf(kind)) {
    case 'type':
      return typesCompatible(local.btf, local.rootId, target, targetId)
        ? { btf: target, rootId: targetId, steps: [], offsetBits: 0 }
        : undefined
    case 'enum':
      return matchEnumValue(local, target, targetId)
    case 'field':
      return matchField(local, target, targetId)
  }
}

function matchEnumValue(local: Access, target: Btf, targetId: number): Access | undefined {
  const type = target.resolve(targetId)
  if (type.kind !== 'enum' && type.kind !== 'enum64') return undefined
  const wanted = essentialName(local.steps[0]!.name!)
  const index = type.values.findIndex(({ name }) => essentialName(name) === wanted)
  if (index === -1) return undefined
  const steps = [{ typeId: type.id, index, name: type.values[index]!.name }]
  return { btf: target, rootId: type.id, steps, offsetBits: 0 }
}

function matchField(local: Access, target: Btf, targetId: number): Access | undefined {
  const root = target.resolve(targetId)
  const steps: Step[] = []
  let offsetBits = 0
  let typeId = root.id
  for (const [position, step] of local.steps.entries()) {
    if (step.name !== undefined) {
      const localMember = memberOf(local.btf.composite(step.typeId), step.index)
      const found = findMember(target, typeId, step.name)
      if (found === undefined) return undefined
      if (!fieldsCompatible(local.btf, localMember.typeId, target, found.memberTypeId)) return undefined
      steps.push(found.step)
      offsetBits += found.offsetBits
      typeId = target.resolve(found.memberTypeId).id
      continue
    }
    if (position > 0) {
      const array = target.resolve(typeId)
      if (array.kind !== 'array') return undefined
      // An array of length 0 or 1 at the end of a struct stands for any length.
      const flexible = array.count <= 1
      if (!flexible && step.index >= array.count) return undefined
      typeId = target.resolve(array.elementId).id
    }
    steps.push({ typeId, index: step.index })
    offsetBits += step.index * target.sizeOf(typeId) * 8
  }
  return { btf: target, rootId: root.id, steps, offsetBits }
}

/** A member by name, in anonymous structs and unions too. */
function findMember(
  target: Btf,
  typeId: number,
  name: string,
  seen = new Set<number>(),
): { step: Step; offsetBits: number; memberTypeId: number } | undefined {
  const type = target.resolve(typeId)
  // Searched once in vain is enough: types within one another need not end, or repeat without end.
  if ((type.kind !== 'struct' && type.kind !== 'union') || seen.has(type.id)) return undefined
  seen.add(type.id)
  for (const [index, member] of type.members.entries()) {
    if (member.name === name)
      return {
        step: { typeId: type.id, index, name },
        offsetBits: member.offsetBits,
        memberTypeId: member.typeId,
      }
    if (member.name !== '') continue
    const found = findMember(target, member.typeId, name, seen)
    if (found !== undefined) return { ...found, offsetBits: found.offsetBits + member.offsetBits }
  }
  return undefined
}
