import type { Btf } from '../btf/btf.ts'
import type { ProgramSpec } from '../spec/collection-spec.ts'
import { INSTRUCTION_BYTES } from '../spec/instruction.ts'
import { describe, parseAccess } from './access.ts'
import { POISON_HELPER } from './patch-instruction.ts'
import { RELOCATION_KINDS, RELOCATION_WORDS } from './relocation-kind.ts'

/**
 * What the running kernel lacks, when that is why the verifier refused a program: it came to an instruction whose
 * relocation found nothing, `struct task_struct.no_such_field`. Undefined when the log tells another reason.
 */
export function missingTarget(log: string, program: ProgramSpec, local: Btf): string | undefined {
  const poisoned = new RegExp(String.raw`^(\d+): \(85\) call unknown#${POISON_HELPER}$`, 'm').exec(log)
  if (poisoned === null) return undefined
  const offset = Number(poisoned[1]) * INSTRUCTION_BYTES
  const words = program.coreRelocations
  for (let at = 0; at + RELOCATION_WORDS <= words.length; at += RELOCATION_WORDS) {
    const kind = RELOCATION_KINDS[words[at + 3]!]
    if (words[at] !== offset || kind === undefined) continue
    return describe(parseAccess(local, kind, words[at + 1]!, local.string(words[at + 2]!)))
  }
  return undefined
}
