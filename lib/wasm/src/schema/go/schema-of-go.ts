import { createHash } from 'node:crypto'
import type { Diagnostic } from '@quadrant/core'
import { SchemaProblem } from '../problem.ts'
import type { GoPackage } from './go-types.ts'
import { GO_BASIC, shapeStruct, type GoShape, type ShapedStruct } from './go-shape.ts'

export interface SchemaOfGo {
  /** In Cap'n Proto's language. */
  readonly text: string
  readonly structs: readonly ShapedStruct[]
}

/** The schema of a package's structs. Each struct that cannot cross is told, with the field that is why. */
export function schemaOfGo(
  source: GoPackage,
  file: string,
): { readonly value: SchemaOfGo | undefined; readonly diagnostics: readonly Diagnostic[] } {
  const structs: ShapedStruct[] = []
  const diagnostics: Diagnostic[] = []
  for (const type of source.types.values()) {
    if (type.kind !== 'struct') continue
    try {
      structs.push(shapeStruct(source, type))
    } catch (error) {
      if (!(error instanceof SchemaProblem)) throw error
      diagnostics.push(error.toDiagnostic(file))
    }
  }
  if (diagnostics.length > 0) return { value: undefined, diagnostics }
  return { value: { text: schemaText(source.name, structs), structs }, diagnostics: [] }
}

function schemaText(packageName: string, structs: readonly ShapedStruct[]): string {
  const extra = new Map<string, string>()
  const blocks = structs.map(({ name, fields }) => {
    const lines = fields.map(
      ({ schemaName, ordinal, shape }) => `  ${schemaName} @${ordinal} :${typeText(shape, extra)};`,
    )
    return `struct ${name} {\n${lines.join('\n')}${lines.length > 0 ? '\n' : ''}}`
  })
  return [`@${fileId(packageName)};`, ...blocks, ...extra.values(), ''].join('\n\n').trimEnd() + '\n'
}

/** The same for the same package each time; the highest bit is always set (Cap'n Proto, unique ids). */
function fileId(packageName: string): string {
  const hash = createHash('sha256').update(`quadrant schema gen ${packageName}`).digest()
  return `0x${(hash.readBigUInt64BE() | (1n << 63n)).toString(16)}`
}

function typeText(shape: GoShape, extra: Map<string, string>): string {
  switch (shape.kind) {
    case 'basic': {
      const name = GO_BASIC.get(shape.basic)!
      if (name.startsWith('Complex')) {
        const part = name === 'Complex64' ? 'Float32' : 'Float64'
        extra.set(name, `struct ${name} {\n  real @0 :${part};\n  imaginary @1 :${part};\n}`)
      }
      return name
    }
    case 'bytes':
      return 'Data'
    case 'struct':
    case 'pointer':
      return shape.struct
    case 'list':
      return `List(${typeText(shape.element, extra)})`
    case 'map': {
      const [key, value] = [typeText(shape.key, extra), typeText(shape.element, extra)]
      extra.set(shape.entry, `struct ${shape.entry} {\n  key @0 :${key};\n  value @1 :${value};\n}`)
      return `List(${shape.entry})`
    }
  }
}
