import { readAddress, type ElfImage } from '../src/elf/elf-image.ts'
import { readElfFunctions } from '../src/elf/symbol.ts'
import { stringAt } from '../src/string-at.ts'

/** A function's machine code. */
export interface FunctionCode {
  readonly name: string
  readonly address: number
  readonly code: Uint8Array
}

/** The functions of a program's symbol table whose names are wanted. */
export function* elfFunctions(image: ElfImage, wanted: (name: string) => boolean): Generator<FunctionCode> {
  const { addresses, sizes, nameOffsets, names } = readElfFunctions(image)
  for (const [index, address] of addresses.entries()) {
    const name = stringAt(names, nameOffsets[index]!) ?? ''
    const size = sizes[index]!
    if (size > 0 && wanted(name)) yield { name, address, code: readAddress(image, address, size) }
  }
}
