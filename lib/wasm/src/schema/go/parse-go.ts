import type { Analysis, TextRange } from '@quadrant/core'
import { SchemaCode } from '../code.ts'
import { SchemaProblem } from '../problem.ts'
import { goTokens, type GoToken } from './go-tokens.ts'
import type { GoField, GoNamed, GoPackage, GoStruct, GoType } from './go-types.ts'

/** Types within one another, and brackets. */
const DEPTH_MAX = 64
/** Longer than any Go source that people write. */
export const GO_SOURCE_LENGTH_MAX = 2 << 20

/**
 * Reads the types that a Go source file declares at its top (Go specification, Type declarations); functions, constants
 * and variables are passed over. The first mistake is told, and then the value is undefined.
 */
export function parseGo(source: string, file: string): Analysis<GoPackage | undefined> {
  try {
    if (source.length > GO_SOURCE_LENGTH_MAX)
      throw new SchemaProblem(SchemaCode.limit, 'the source has more than 2 MiB', { start: 0, end: 0 })
    const tokens = goTokens(source)
    if (tokens === undefined)
      throw new SchemaProblem(SchemaCode.limit, 'the source is too long', { start: 0, end: 0 })
    return { value: new GoParser(tokens).file(), diagnostics: [] }
  } catch (problem) {
    if (!(problem instanceof SchemaProblem)) throw problem
    return { value: undefined, diagnostics: [problem.toDiagnostic(file)] }
  }
}

class GoParser {
  readonly #tokens: readonly GoToken[]
  readonly #types = new Map<string, GoStruct | GoNamed>()
  #at = 0

  constructor(tokens: readonly GoToken[]) {
    this.#tokens = tokens
  }

  get #next(): GoToken {
    return this.#tokens[this.#at]!
  }

  #take(): GoToken {
    const token = this.#next
    if (token.kind !== 'end') this.#at++
    return token
  }

  #is(text: string): boolean {
    return this.#next.text === text && this.#next.kind !== 'string'
  }

  #accept(text: string): boolean {
    if (!this.#is(text)) return false
    this.#at++
    return true
  }

  #fail(what: string, range: TextRange = this.#next): never {
    throw new SchemaProblem(SchemaCode.syntax, what, range)
  }

  #expect(text: string): GoToken {
    if (!this.#is(text)) this.#fail(`${text} is expected`)
    return this.#take()
  }

  #name(what: string): GoToken {
    if (this.#next.kind !== 'name') this.#fail(`${what} is expected`)
    return this.#take()
  }

  #skipLines(): void {
    while (this.#next.kind === 'newline' || this.#is(';')) this.#at++
  }

  file(): GoPackage {
    this.#skipLines()
    this.#expect('package')
    const { text: name } = this.#name('the name of the package')
    while (this.#next.kind !== 'end') {
      if (this.#accept('type')) this.#typeDeclarations()
      else this.#skipPiece()
    }
    return { name, types: this.#types }
  }

  /** One piece of what is not read, brackets with all that is in them. */
  #skipPiece(): void {
    let depth = 0
    do {
      const { text, kind } = this.#take()
      if (kind === 'end') return
      if (kind !== 'mark') continue
      if ('([{'.includes(text)) depth++
      else if (')]}'.includes(text)) depth--
    } while (depth > 0)
  }

  #typeDeclarations(): void {
    if (!this.#accept('(')) {
      this.#typeDeclaration()
      return
    }
    for (this.#skipLines(); !this.#accept(')'); this.#skipLines()) {
      if (this.#next.kind === 'end') this.#fail(') is expected')
      this.#typeDeclaration()
    }
  }

  #typeDeclaration(): void {
    const { text: name, start, end } = this.#name('the name of a type')
    if (this.#types.has(name))
      throw new SchemaProblem(SchemaCode.name, `${name} is declared twice`, { start, end })
    if (this.#is('[') && this.#isGeneric()) {
      this.#skipPiece()
      this.#type(0)
      this.#types.set(name, {
        kind: 'named',
        name,
        type: { kind: 'other', what: 'a generic type', start, end },
        start,
        end,
      })
      return
    }
    this.#accept('=')
    if (this.#is('struct'))
      this.#types.set(name, { kind: 'struct', name, fields: this.#structFields(0), start, end })
    else this.#types.set(name, { kind: 'named', name, type: this.#type(0), start, end })
  }

  /** `[T any]` behind a name, not `[4]int` and `[]int`. */
  #isGeneric(): boolean {
    return this.#tokens[this.#at + 1]?.kind === 'name' && this.#tokens[this.#at + 2]?.text !== ']'
  }

  #structFields(depth: number): readonly GoField[] {
    this.#expect('struct')
    while (this.#next.kind === 'newline') this.#at++
    this.#expect('{')
    const fields: GoField[] = []
    for (this.#skipLines(); !this.#accept('}'); this.#skipLines()) {
      if (this.#next.kind === 'end') this.#fail('} is expected')
      this.#fieldLine(fields, depth)
    }
    return fields
  }

  #fieldLine(fields: GoField[], depth: number): void {
    const start = this.#next.start
    // An embedded type has its own name, without package and star.
    const after = this.#tokens[this.#at + 1]
    const isEmbedded =
      this.#is('*') ||
      after?.text === '.' ||
      after?.kind === 'newline' ||
      after?.kind === 'string' ||
      after?.text === '}' ||
      after?.text === ';'
    const names: GoToken[] = []
    if (!isEmbedded)
      do names.push(this.#name('the name of a field'))
      while (this.#accept(','))
    const type = this.#type(depth + 1)
    const tag = this.#next.kind === 'string' ? capnpTag(this.#take().text) : ''
    const end = this.#tokens[this.#at - 1]!.end
    if (isEmbedded) fields.push({ name: embeddedName(type), type, tag, start, end })
    for (const name of names) fields.push({ name: name.text, type, tag, start: name.start, end })
  }

  #type(depth: number): GoType {
    const { start } = this.#next
    if (depth > DEPTH_MAX)
      throw new SchemaProblem(
        SchemaCode.limit,
        `types are in one another deeper than ${DEPTH_MAX}`,
        this.#next,
      )
    const range = (): TextRange => ({ start, end: this.#tokens[this.#at - 1]!.end })
    if (this.#accept('*')) return { kind: 'pointer', element: this.#type(depth + 1), ...range() }
    if (this.#accept('(')) {
      const type = this.#type(depth + 1)
      this.#expect(')')
      return type
    }
    if (this.#accept('[')) {
      if (this.#accept(']')) return { kind: 'slice', element: this.#type(depth + 1), ...range() }
      const length = this.#take()
      const isNumber = length.kind === 'number' && /^(?:0[xX])?[\da-fA-F_]+$/.test(length.text)
      while (!this.#is(']') && this.#next.kind !== 'end') this.#at++
      this.#expect(']')
      const element = this.#type(depth + 1)
      const count = Number(length.text.replaceAll('_', ''))
      if (!isNumber || !Number.isSafeInteger(count))
        return { kind: 'other', what: 'an array whose length is not a number', ...range() }
      return { kind: 'array', element, length: count, ...range() }
    }
    if (this.#accept('map')) {
      this.#expect('[')
      const key = this.#type(depth + 1)
      this.#expect(']')
      return { kind: 'map', key, element: this.#type(depth + 1), ...range() }
    }
    return this.#otherType(depth, range)
  }

  #otherType(depth: number, range: () => TextRange): GoType {
    if (this.#is('struct')) {
      this.#structFields(depth + 1)
      return { kind: 'other', what: 'a struct without a name', ...range() }
    }
    if (this.#is('<') || this.#is('chan')) {
      while (this.#is('<') || this.#is('-') || this.#is('chan')) this.#at++
      this.#type(depth + 1)
      return { kind: 'other', what: 'a channel', ...range() }
    }
    if (this.#accept('interface')) {
      this.#skipPiece()
      return { kind: 'other', what: 'an interface', ...range() }
    }
    if (this.#accept('func')) {
      this.#skipPiece()
      while (
        this.#next.kind !== 'newline' &&
        this.#next.kind !== 'string' &&
        this.#next.kind !== 'end' &&
        !this.#is('}')
      )
        this.#skipPiece()
      return { kind: 'other', what: 'a function', ...range() }
    }
    let { text: name } = this.#name('a type')
    if (this.#accept('.')) name = `${name}.${this.#name('a type').text}`
    if (this.#is('[') && this.#tokens[this.#at + 1]?.text !== ']') {
      this.#skipPiece()
      return { kind: 'other', what: 'a generic type', ...range() }
    }
    return { kind: 'name', name, ...range() }
  }
}

function embeddedName(type: GoType): string {
  if (type.kind === 'pointer') return embeddedName(type.element)
  return type.kind === 'name' ? type.name.slice(type.name.lastIndexOf('.') + 1) : ''
}

/** The value of the key `capnp` (reflect, StructTag). */
function capnpTag(literal: string): string {
  const text = literal.startsWith('`') ? literal.slice(1, -1) : literal.slice(1, -1).replaceAll('\\"', '"')
  return /(?:^|\s)capnp:"((?:\\.|[^"\\])*)"/.exec(text)?.[1] ?? ''
}
