import { isPointer, sizeOf, type LayoutType } from '../layout.ts'

/** The size of a list's elements as its pointer has it, and their bits; undefined for structs, which lie in the list. */
export function listSize(element: LayoutType): { readonly size: number; readonly bits: number } | undefined {
  if (element.kind === 'struct') return undefined
  if (element.kind === 'void') return { size: 0, bits: 0 }
  if (isPointer(element)) return { size: 6, bits: 64 }
  const power = sizeOf(element)
  return { size: power === 0 ? 1 : power - 1, bits: 1 << power }
}
