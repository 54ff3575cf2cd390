import type { Field, SchemaFile, StructDeclaration } from './declarations.ts'
import { lookUp, parentOf, type SchemaType, typeText } from './resolve-schema.ts'
import type { Token } from './tokens.ts'

const CONSTANT_DEPTH_MAX = 16

/**
 * The default of a field in one form for all that mean the same: `0x10` is `16`, an enumerant is its number, a constant its
 * value. Defaults of lists and structs are compared as they are written. Undefined is zero, empty or null.
 */
export function defaultValue(
  schema: SchemaFile,
  struct: StructDeclaration,
  field: Field,
  type: SchemaType,
): string | undefined {
  const tokens = constantValue(schema, struct.name, field.initial, type, 0)
  const text = tokens.map((token) => token.text).join(' ')
  if (text === '' || text === 'void') return undefined
  if (type.kind === 'declared' && type.declaration.kind === 'enum') {
    const ordinal = type.declaration.enumerants.find(({ name }) => name === tokens.at(-1)!.text)?.ordinal
    return ordinal === 0 ? undefined : `@${ordinal ?? text}`
  }
  if (type.kind !== 'built-in') return text
  if (type.name === 'Bool') return text === 'true' ? text : undefined
  if (type.name === 'Text') return text === '""' ? undefined : text
  const number = numberText(text.replaceAll(' ', ''), typeText(type).startsWith('Float'))
  return number === '0' ? undefined : (number ?? text)
}

/** Follows the name of a constant to its value. */
function constantValue(
  schema: SchemaFile,
  within: string,
  tokens: readonly Token[],
  type: SchemaType,
  hops: number,
): readonly Token[] {
  const dotted = tokens.map((token) => token.text).join('')
  const isName = tokens.length > 0 && tokens.every(({ kind, text }) => kind === 'name' || text === '.')
  if (!isName || hops > CONSTANT_DEPTH_MAX) return tokens
  const isEnumerant =
    type.kind === 'declared' &&
    type.declaration.kind === 'enum' &&
    type.declaration.enumerants.some(({ name }) => name === dotted)
  const path = isEnumerant ? undefined : lookUp(dotted, within, (name) => schema.constants.has(name))
  if (path === undefined) return tokens
  return constantValue(schema, parentOf(path), schema.constants.get(path)!, type, hops + 1)
}

function numberText(text: string, float: boolean): string | undefined {
  const parts = /^(-?)(0[xX][0-9a-fA-F]+|\d[\d.eE+-]*)$/.exec(text)
  if (!parts) return undefined
  const [, sign, digits] = parts
  const octal = /^0[0-7]+$/.test(digits!)
  if (float && !octal && !/^0x/i.test(digits!)) {
    const value = Number(`${sign}${digits}`)
    // -0.0 is another pattern of bits than 0.
    return Object.is(value, -0) ? '-0' : String(value)
  }
  if (!/^(?:0x[\da-f]+|\d+)$/i.test(digits!)) return undefined
  const value = BigInt(octal ? `0o${digits}` : digits!)
  return String(sign === '-' ? -value : value)
}
