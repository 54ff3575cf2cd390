import type { ElfSymbol } from '../elf/symbol.ts'
import { SYMBOL_BINDING, SYMBOL_TYPE } from '../elf/symbol.ts'
import { EbpfError } from '../error.ts'
import type { Code, CodeFunction } from './code.ts'
import type { MapReference } from './collection-spec.ts'
import { appendInfo, type ExtInfo } from './ext-info.ts'
import { INSTRUCTION_BYTES, InstructionView, OPCODE, PSEUDO_CALL, PSEUDO_LOAD } from './instruction.ts'

/** The verifier's own limit for privileged programs (BPF_COMPLEXITY_LIMIT_INSNS). */
const INSTRUCTION_COUNT_MAX = 1_000_000

/** The names of an object that instructions refer to. */
export interface LinkScope {
  readonly code: Code
  readonly extInfo: ExtInfo
  readonly littleEndian: boolean
  /** Takes bytes of code from what all programs together may have. @throws {EbpfError} `limit` when it is used up */
  spend(byteLength: number): void
  /** The map declared at this place of `.maps`, or that a data section becomes. */
  mapOf(
    symbol: ElfSymbol,
    addend: number,
  ): { readonly map: string; readonly valueOffset?: number } | undefined
}

/** The fields of a `ProgramSpec` that linking makes. */
export interface LinkedProgram {
  readonly instructions: Uint8Array
  readonly references: readonly MapReference[]
  readonly functionInfo: Uint32Array
  readonly lineInfo: Uint32Array
  readonly coreRelocations: Uint32Array
}

/**
 * Puts a program together: the entry function, behind it every function it calls (each once), calls pointing to
 * their new places, map references listed for the loader, debug and CO-RE records rebased.
 *
 * @throws {EbpfError} `elf` for a reference to nothing
 */
export function linkProgram(entry: CodeFunction, scope: LinkScope): LinkedProgram {
  const places = layOut(entry, scope)
  const last = places.at(-1)!
  const instructions = new Uint8Array(last.base + last.fn.byteLength)
  const view = new InstructionView(instructions, scope.littleEndian)
  const baseOf = new Map(places.map((place) => [place.fn, place.base]))
  const references: MapReference[] = []
  const functionInfo: number[] = []
  const lineInfo: number[] = []
  const coreRelocations: number[] = []
  for (const { fn, base } of places) {
    const end = fn.offset + fn.byteLength
    instructions.set(fn.section.bytes.subarray(fn.offset, end), base)
    const first = base / INSTRUCTION_BYTES
    forEachReference(fn, scope, (index, target) => {
      const at = first + index
      if (target.kind === 'call') {
        view.setImmediate(at, baseOf.get(target.fn)! / INSTRUCTION_BYTES - at - 1)
      } else if (target.kind === 'function-pointer') {
        view.setSource(at, PSEUDO_LOAD.function)
        view.setImmediate(at, baseOf.get(target.fn)! / INSTRUCTION_BYTES - at - 1)
      } else if (target.kind === 'map') {
        references.push({ instruction: at, map: target.map, valueOffset: target.valueOffset })
      }
    })
    const { extInfo } = scope
    const section = fn.section.name
    const range = { from: fn.offset, to: end, base }
    appendInfo(functionInfo, extInfo.functions.get(section), range, 8)
    appendInfo(lineInfo, extInfo.lines.get(section), range, 8)
    appendInfo(coreRelocations, extInfo.relocations.get(section), range, 1)
  }
  return {
    instructions,
    references,
    functionInfo: Uint32Array.from(functionInfo),
    lineInfo: Uint32Array.from(lineInfo),
    coreRelocations: Uint32Array.from(coreRelocations),
  }
}

interface Place {
  readonly fn: CodeFunction
  /** Bytes from the start of the program. */
  readonly base: number
}

/** The entry function and whatever it reaches, in the order of first mention. */
function layOut(entry: CodeFunction, scope: LinkScope): Place[] {
  const places: Place[] = [{ fn: entry, base: 0 }]
  const placed = new Set([entry])
  scope.spend(entry.byteLength)
  let end = entry.byteLength
  // The list grows while it is walked.
  for (const { fn } of places) {
    forEachReference(fn, scope, (_, target) => {
      if (target.kind === 'map' || target.kind === 'nothing' || placed.has(target.fn)) return
      placed.add(target.fn)
      scope.spend(target.fn.byteLength)
      places.push({ fn: target.fn, base: end })
      end += target.fn.byteLength
      if (end / INSTRUCTION_BYTES > INSTRUCTION_COUNT_MAX)
        throw new EbpfError('limit', `${entry.name}: more than ${INSTRUCTION_COUNT_MAX} instructions`)
    })
  }
  return places
}

type Target =
  | { readonly kind: 'call' | 'function-pointer'; readonly fn: CodeFunction }
  | { readonly kind: 'map'; readonly map: string; readonly valueOffset?: number }
  | { readonly kind: 'nothing' }

/** Tells each instruction that refers to something else, by its index within the function. */
function forEachReference(
  fn: CodeFunction,
  scope: LinkScope,
  visit: (index: number, target: Target) => void,
): void {
  const bytes = fn.section.bytes.subarray(fn.offset, fn.offset + fn.byteLength)
  const view = new InstructionView(bytes, scope.littleEndian)
  for (let index = 0; index < view.count; index++) {
    const opcode = view.opcode(index)
    const isLoad = opcode === OPCODE.loadImmediate64
    if (isLoad && index + 1 === view.count)
      throw new EbpfError('elf', `${fn.name}: a 16-byte load is cut off`)
    const sectionOffset = fn.offset + index * INSTRUCTION_BYTES
    const relocation = scope.code.relocationAt(fn.section, sectionOffset)
    if (isLoad && relocation !== undefined)
      visit(index, loadTarget(fn, scope, relocation.symbol, view.immediate(index)))
    else if (
      opcode === OPCODE.call &&
      (relocation !== undefined || view.source(index) === PSEUDO_CALL.function)
    )
      visit(index, callTarget(fn, scope, relocation?.symbol, sectionOffset, view.immediate(index)))
    if (isLoad) index++
  }
}

function loadTarget(fn: CodeFunction, scope: LinkScope, symbol: ElfSymbol, immediate: number): Target {
  const found = scope.mapOf(symbol, immediate)
  if (found !== undefined) return { kind: 'map', ...found }
  // A symbol that may be missing reads as 0.
  if (symbol.sectionIndex === 0 && symbol.binding === SYMBOL_BINDING.weak) return { kind: 'nothing' }
  const offset = symbol.type === SYMBOL_TYPE.section ? immediate : symbol.value
  const target = scope.code.functionAt(symbol.sectionIndex, offset)
  if (target !== undefined) return { kind: 'function-pointer', fn: target }
  throw new EbpfError('elf', `${fn.name}: refers to "${symbol.name}", which is no map, variable or function`)
}

function callTarget(
  fn: CodeFunction,
  scope: LinkScope,
  symbol: ElfSymbol | undefined,
  sectionOffset: number,
  immediate: number,
): Target {
  // Without a relocation the distance is in the instruction; with one, what is to be added to the symbol.
  const sectionIndex = symbol?.sectionIndex ?? fn.section.index
  const from = symbol?.value ?? sectionOffset
  const target = scope.code.functionAt(sectionIndex, from + (immediate + 1) * INSTRUCTION_BYTES)
  if (target !== undefined) return { kind: 'call', fn: target }
  throw new EbpfError(
    'elf',
    `${fn.name}: calls "${symbol?.name ?? 'something'}", which this object does not have`,
  )
}
