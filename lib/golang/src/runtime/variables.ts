import type { Analysis, Diagnostic } from '@quadrant/core'
import { readAddress } from '../elf/elf-image.ts'
import { findElfSymbols, type ElfSymbol } from '../elf/symbol.ts'
import { GolangError } from '../error.ts'
import type { GoBinary } from '../go-binary.ts'
import { findFunctions } from '../pclntab/find-functions.ts'
import type { GoFunction } from '../pclntab/function-table.ts'
import { dataReferences, type AddressRange } from './data-references.ts'
import { RUNTIME_VARIABLES, type RuntimeVariable } from './field.ts'
import type { RuntimeLayout } from './layout.ts'
import { locateVariable } from './locate.ts'

/** Where a variable is in a program. */
export interface VariablePlace {
  /** As the linker gave it: a position-independent program is moved by its bias. */
  readonly address: number
  /** `symbol` where the program has one, `code` where it was told by what its functions refer to. */
  readonly via: 'symbol' | 'code'
}

/** The variables that were found. */
export type RuntimeVariables = Readonly<Partial<Record<RuntimeVariable, VariablePlace>>>

/** More code than any function of the runtime has. */
const FUNCTION_BYTES_MAX = 64 << 10

/**
 * Finds the runtime's variables: by the program's symbols, and those that have none by the functions that refer to
 * them. A variable that is not sure is left out, and told as `GORV001`; symbols that cannot be read or believed are
 * told as `GORV002`.
 */
export function findRuntimeVariables(binary: GoBinary, layout: RuntimeLayout): Analysis<RuntimeVariables> {
  const { data } = binary.moduleData
  if (data === undefined)
    return { value: {}, diagnostics: [missing('where the program has its variables is not known')] }
  const diagnostics: Diagnostic[] = []
  const found: Partial<Record<RuntimeVariable, VariablePlace>> = {}
  const symbols = symbolsOf(binary, diagnostics)
  for (const variable of RUNTIME_VARIABLES) {
    const symbol = symbols.get(`runtime.${variable}`)
    if (symbol === undefined) continue
    if (isPlausible(symbol, layout.variables[variable]?.bytes, data))
      found[variable] = { address: symbol.address, via: 'symbol' }
    else diagnostics.push(doubtful(`${variable} by its symbol is not where or what it has to be`))
  }
  const left = RUNTIME_VARIABLES.filter((variable) => found[variable] === undefined)
  const anchors = left.map((variable) => layout.variables[variable]?.anchors ?? [])
  const referencesOf = codeReferences(
    binary,
    data,
    anchors.flatMap((those) => those.map(({ function: name }) => name)),
  )
  left.forEach((variable, index) => {
    const address = locateVariable(anchors[index]!, referencesOf)?.address
    const size = layout.variables[variable]?.bytes
    if (address !== undefined && size !== undefined && isPlausible({ address, size }, size, data))
      found[variable] = { address, via: 'code' }
    else
      diagnostics.push(
        missing(`${variable}: no symbol, and the code of ${layout.version.text} does not tell where it is`),
      )
  })
  return { value: found, diagnostics }
}

function symbolsOf({ image }: GoBinary, diagnostics: Diagnostic[]): ReadonlyMap<string, ElfSymbol> {
  try {
    return findElfSymbols(
      image,
      RUNTIME_VARIABLES.map((name) => `runtime.${name}`),
    )
  } catch (error) {
    diagnostics.push(doubtful(GolangError.from(error, 'read').message))
    return new Map()
  }
}

function isPlausible(
  { address, size }: Pick<ElfSymbol, 'address' | 'size'>,
  expectedBytes: number | undefined,
  data: AddressRange,
): boolean {
  return (
    (expectedBytes === undefined || size === expectedBytes) &&
    address >= data.start &&
    address + size <= data.end
  )
}

/** What functions refer to, by their names. */
function codeReferences(binary: GoBinary, data: AddressRange, names: readonly string[]) {
  const functions = names.length === 0 ? new Map<string, never>() : findFunctions(binary.functions, names)
  const known = new Map<string, ReadonlySet<number>>()
  return (name: string): ReadonlySet<number> | undefined => {
    // Several have one name where a function is called by two conventions: the other only passes on.
    const those = functions.get(name)
    if (those === undefined) return undefined
    const references = known.get(name) ?? new Set(those.flatMap((one) => referencesIn(binary, data, one)))
    known.set(name, references)
    return references
  }
}

function referencesIn({ image }: GoBinary, data: AddressRange, { entry, end }: GoFunction): number[] {
  const length = Math.min(end - entry, FUNCTION_BYTES_MAX)
  try {
    return [...dataReferences(readAddress(image, entry, length), entry, data, image.architecture)]
  } catch (error) {
    // Code that the file does not have refers to nothing: then the variable is not found.
    if (error instanceof GolangError) return []
    throw error
  }
}

function missing(message: string): Diagnostic {
  return { code: 'GORV001', severity: 'warning', message }
}

function doubtful(message: string): Diagnostic {
  return { code: 'GORV002', severity: 'warning', message }
}
