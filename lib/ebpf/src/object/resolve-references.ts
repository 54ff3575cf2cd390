import { EbpfError } from '../error.ts'
import type { ProgramSpec } from '../spec/collection-spec.ts'
import { InstructionView, PSEUDO_LOAD } from '../spec/instruction.ts'

/** The program's instructions with the descriptors of the maps they name. @throws {EbpfError} `not-found` */
export function resolveReferences(
  program: ProgramSpec,
  maps: ReadonlyMap<string, { readonly fd: number }>,
): Uint8Array {
  const instructions = program.instructions.slice()
  const view = new InstructionView(instructions, true)
  for (const { instruction, map: name, valueOffset } of program.references) {
    const map = maps.get(name)
    if (map === undefined) throw new EbpfError('not-found', `program ${program.name} needs the map "${name}"`)
    view.setSource(instruction, valueOffset === undefined ? PSEUDO_LOAD.mapFd : PSEUDO_LOAD.mapValue)
    view.setImmediate(instruction, map.fd)
    view.setImmediate(instruction + 1, valueOffset ?? 0)
  }
  return instructions
}
