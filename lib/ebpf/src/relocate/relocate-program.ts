import type { Btf } from '../btf/btf.ts'
import { EbpfError } from '../error.ts'
import type { ProgramSpec } from '../spec/collection-spec.ts'
import { INSTRUCTION_BYTES, InstructionView } from '../spec/instruction.ts'
import { describe, parseAccess, type Access } from './access.ts'
import { sameKind } from './compatible.ts'
import { matchAccess } from './match-access.ts'
import { patchInstruction } from './patch-instruction.ts'
import { essentialName, RELOCATION_KINDS, RELOCATION_WORDS, type RelocationKind } from './relocation-kind.ts'
import { relocationValue, type RelocationValue } from './relocation-value.ts'

/** The types to relocate to: a kernel's. */
export interface RelocationTarget {
  readonly btf: Btf
  /** Ids of the types with exactly this name. */
  idsOf(name: string): readonly number[]
}

/** Names of the types a program's relocations begin at: what `idsOf` will be asked for. */
export function rootNames(program: ProgramSpec, local: Btf): string[] {
  const names = new Set<string>()
  for (let at = 0; at + RELOCATION_WORDS <= program.coreRelocations.length; at += RELOCATION_WORDS)
    names.add(essentialName(local.type(program.coreRelocations[at + 1]!).name))
  return [...names]
}

/**
 * Applies a program's CO-RE relocations to `instructions` in place, as kernels since 5.17 do it themselves
 * (tools/lib/bpf/relo_core.c): fields are found by name in the target's types, offsets and widths replaced; an
 * instruction that needs what the target lacks becomes one the verifier refuses, unless it is never reached.
 *
 * @throws {EbpfError} `btf` for an ambiguous or malformed relocation
 */
export function relocateProgram(
  program: ProgramSpec,
  instructions: Uint8Array,
  local: Btf,
  target: RelocationTarget,
): void {
  const view = new InstructionView(instructions, local.header.littleEndian)
  const words = program.coreRelocations
  for (let at = 0; at + RELOCATION_WORDS <= words.length; at += RELOCATION_WORDS) {
    const index = words[at]! / INSTRUCTION_BYTES
    const typeId = words[at + 1]!
    const kind = RELOCATION_KINDS[words[at + 3]!]
    if (kind === undefined) throw new EbpfError('btf', `unknown CO-RE relocation ${words[at + 3]}`)
    if (!Number.isInteger(index) || index >= view.count)
      throw new EbpfError('btf', `CO-RE relocation outside of program ${program.name}`)
    const access = parseAccess(local, kind, typeId, local.string(words[at + 2]!))
    const own = relocationValue(kind, access, typeId)
    patchInstruction(view, index, own, answer(kind, access, typeId, target))
  }
}

function answer(
  kind: RelocationKind,
  access: Access,
  typeId: number,
  target: RelocationTarget,
): RelocationValue | undefined {
  if (kind === 'type-id-local') return relocationValue(kind, undefined, typeId)
  const root = access.btf.type(typeId)
  const answers: RelocationValue[] = []
  for (const id of target.idsOf(essentialName(root.name))) {
    if (!sameKind(root, target.btf.type(id))) continue
    const match = matchAccess(access, kind, target.btf, id)
    const value = match && relocationValue(kind, match, typeId)
    if (value !== undefined) answers.push(value)
  }
  const [first, ...others] = answers
  if (others.some((other) => other.value !== first!.value))
    throw new EbpfError('btf', `${describe(access)} is ambiguous: ${answers.length} types of the kernel fit`)
  return first ?? relocationValue(kind, undefined, typeId)
}
