import type { GoShape, ShapedStruct } from '../go/go-shape.ts'
import type { LayoutType, SchemaLayout } from '../layout.ts'
import { goName } from './emit-go.ts'

/** Go types for the structs of a schema: structs in structs are pointers, as they can be missing. */
export function shapesOfLayout({ structs }: SchemaLayout): readonly ShapedStruct[] {
  return structs.map(({ name, fields }) => ({
    name,
    fields: fields
      .filter(({ type }) => type.kind !== 'void')
      .map((field) => ({
        name: field.name[0]!.toUpperCase() + field.name.slice(1),
        schemaName: field.name,
        ordinal: field.ordinal,
        shape: shapeOf(field.type, false),
      })),
  }))
}

function shapeOf(type: LayoutType, isElement: boolean): GoShape {
  switch (type.kind) {
    case 'text':
      return { kind: 'basic', go: 'string', basic: 'string' }
    case 'data':
      return { kind: 'bytes', go: '[]byte', length: undefined }
    case 'enum':
      return { kind: 'basic', go: goName(type.name), basic: 'uint16' }
    case 'struct': {
      const go = goName(type.name)
      return isElement
        ? { kind: 'struct', go, struct: type.name }
        : { kind: 'pointer', go: `*${go}`, struct: type.name }
    }
    case 'list': {
      const element = shapeOf(type.element, true)
      return { kind: 'list', go: `[]${element.go}`, element, length: undefined }
    }
    case 'void':
      return { kind: 'basic', go: 'struct{}', basic: 'void' }
    default:
      return { kind: 'basic', go: type.kind, basic: type.kind }
  }
}
