import type { TextRange } from '@quadrant/core'
import { SchemaCode } from '../code.ts'
import type { SchemaLayout } from '../layout.ts'
import { SchemaProblem } from '../problem.ts'
import { goName } from './emit-go.ts'

/** What generated TypeScript imports, or takes from the language. */
const RESERVED: ReadonlySet<string> = new Set([
  'Array',
  'ELEMENT',
  'ListReader',
  'MessageOptions',
  'MessageReader',
  'MessageWriter',
  'Number',
  'StructReader',
  'StructTarget',
  'Uint8Array',
])

/**
 * Generated code gives each declaration some names of its own: no two may be the same.
 *
 * @param rangeOf where a type is declared in the source
 * @throws {SchemaProblem}
 */
export function checkNames({ structs, enums }: SchemaLayout, rangeOf: (name: string) => TextRange): void {
  const taken = new Map<string, string>()
  const take = (name: string, of: string): void => {
    const other = RESERVED.has(name) ? 'what generated code is made of' : taken.get(name)
    if (other !== undefined)
      throw new SchemaProblem(
        SchemaCode.name,
        `${of} is ${name} in generated code, which is the name of ${other}`,
        rangeOf(of),
        'give it another name',
      )
    taken.set(name, of)
  }
  for (const { name } of enums) take(goName(name), name)
  for (const { name, fields } of structs) {
    take(goName(name), name)
    take(`${goName(name)}Value`, name)
    const names = new Set<string>()
    for (const field of fields) {
      if (names.has(field.name))
        throw new SchemaProblem(
          SchemaCode.name,
          `two fields of ${name} are ${field.name} in generated code`,
          rangeOf(name),
        )
      names.add(field.name)
    }
  }
}
