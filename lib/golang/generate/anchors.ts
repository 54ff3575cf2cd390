import { openSync, closeSync } from 'node:fs'
import { elfFunctions, type FunctionCode } from './function-code.ts'
import { fileSource } from '../src/testing/file-source.ts'
import { openElf } from '../src/elf/elf-image.ts'
import { findElfSymbols } from '../src/elf/symbol.ts'
import { dataReferences } from '../src/runtime/data-references.ts'
import { RUNTIME_VARIABLES, type RuntimeVariable } from '../src/runtime/field.ts'
import { locateVariable } from '../src/runtime/locate.ts'
import type { VariableAnchor, VariableAnchors } from '../src/runtime/release.ts'

/** What one program's machine code refers to, and where its variables really are. */
interface ProbedProgram {
  readonly references: ReadonlyMap<string, ReadonlySet<number>>
  readonly variables: ReadonlyMap<string, { readonly address: number; readonly size: number }>
}

/** Functions with more references to one variable say no more than these. */
const OFFSET_COUNT_MAX = 12
/** So many that a program whose profile had some of them compiled in another way still has enough. */
const ANCHOR_COUNT_MAX = 12
const ANCHOR_COUNT_MIN = 8

/** A choice is good when in each program no other place fits more than this share of what the variable's own does. */
const RIVAL_SHARE_WANTED = 0.5

/**
 * Chooses by which functions each variable can be told, so that it is found in every one of the programs. A variable
 * for which there are none is left out, and `log` is told.
 */
export function chooseAnchors(
  programs: readonly string[],
  log: (line: string) => void,
): Readonly<Partial<Record<RuntimeVariable, VariableAnchors>>> {
  const probed = programs.map(probe)
  const chosen: Partial<Record<RuntimeVariable, VariableAnchors>> = {}
  for (const variable of RUNTIME_VARIABLES) {
    const sizes = new Set(probed.map(({ variables }) => variables.get(`runtime.${variable}`)?.size))
    const [bytes] = sizes
    const anchors =
      sizes.size === 1 && bytes !== undefined ? chooseFor(probed, `runtime.${variable}`) : undefined
    if (bytes === undefined || anchors === undefined) log(`${programs[0]}: ${variable} is not told`)
    else chosen[variable] = { bytes, anchors }
  }
  return chosen
}

function probe(program: string): ProbedProgram {
  const fd = openSync(program, 'r')
  try {
    const image = openElf(fileSource(fd))
    const names = ['runtime.noptrdata', 'runtime.end', ...RUNTIME_VARIABLES.map((name) => `runtime.${name}`)]
    const variables = findElfSymbols(image, names)
    const data = {
      start: variables.get('runtime.noptrdata')!.address,
      end: variables.get('runtime.end')!.address,
    }
    const references = new Map<string, ReadonlySet<number>>()
    for (const { name, address, code } of elfFunctions(image, isRuntime))
      references.set(name, dataReferences(code, address, data, image.architecture))
    return { references, variables }
  } finally {
    closeSync(fd)
  }
}

/** Functions that every program has under this one name: no wrappers, no closures. */
function isRuntime(name: FunctionCode['name']): boolean {
  return /^runtime\.(\w+|\(\*\w+\)\.\w+)$/.test(name)
}

/** Undefined where the variable cannot be found in all of the programs. */
function chooseFor(programs: readonly ProbedProgram[], variable: string): VariableAnchor[] | undefined {
  const candidates = [...programs[0]!.references.keys()].flatMap((name): VariableAnchor[] => {
    const offsets = programs.map((program) => offsetsIn(program, name, variable))
    // What all programs have in common: one that is inlined or spilled elsewhere may refer to more.
    const common = offsets[0]!.filter((offset) => offsets.every((others) => others.includes(offset)))
    return common.length === 0 ? [] : [{ function: name, offsets: common.slice(0, OFFSET_COUNT_MAX) }]
  })
  let chosen: VariableAnchor[] = []
  while (chosen.length < ANCHOR_COUNT_MAX) {
    const best = candidates
      .filter((candidate) => !chosen.includes(candidate))
      .map((candidate) => chosen.concat(candidate))
      .map((anchors) => ({ anchors, score: worstRivalShare(programs, variable, anchors) }))
      .sort((a, b) => a.score - b.score || offsetCount(b.anchors) - offsetCount(a.anchors))[0]
    if (best === undefined) break
    chosen = best.anchors
    if (chosen.length >= ANCHOR_COUNT_MIN && best.score <= RIVAL_SHARE_WANTED) break
  }
  const isFound = programs.every(
    ({ references, variables }) =>
      locateVariable(chosen, (name) => references.get(name))?.address === variables.get(variable)?.address,
  )
  return isFound ? chosen : undefined
}

function offsetsIn({ references, variables }: ProbedProgram, name: string, variable: string): number[] {
  const { address, size } = variables.get(variable)!
  return [...(references.get(name) ?? [])]
    .map((reference) => reference - address)
    .filter((offset) => offset >= 0 && offset < size)
    .sort((a, b) => a - b)
}

function offsetCount(anchors: readonly VariableAnchor[]): number {
  return anchors.reduce((count, { offsets }) => count + offsets.length, 0)
}

/** The largest share of fits, among all programs, that an address beside the variable's own has; 1 and more is bad. */
function worstRivalShare(
  programs: readonly ProbedProgram[],
  variable: string,
  anchors: readonly VariableAnchor[],
): number {
  return Math.max(
    ...programs.map(({ references, variables }) => {
      const fits = new Map<number, number>()
      for (const { function: name, offsets } of anchors)
        for (const reference of references.get(name) ?? [])
          for (const offset of offsets) fits.set(reference - offset, (fits.get(reference - offset) ?? 0) + 1)
      const own = fits.get(variables.get(variable)!.address) ?? 0
      fits.delete(variables.get(variable)!.address)
      return Math.max(0, ...fits.values()) / own
    }),
  )
}
