import type { Analysis } from '@quadrant/core'
import { SchemaCode } from './code.ts'
import type {
  Enumerant,
  EnumDeclaration,
  Field,
  FieldScope,
  SchemaFile,
  StructDeclaration,
  TypeDeclaration,
  TypeExpression,
} from './declarations.ts'
import { SchemaProblem } from './problem.ts'
import { TokenReader, span } from './token-reader.ts'
import type { Token } from './tokens.ts'

/** Declarations, groups and lists within one another. */
const DEPTH_MAX = 64
const TYPE_COUNT_MAX = 10_000
/** Numbers of fields and enumerants are 16 bits. */
const ORDINAL_LIMIT = 65_535

/**
 * Reads a schema in Cap'n Proto's language (capnproto.org/language.html). Annotations are passed over, as are methods of
 * interfaces; types of other files and generic types are refused. The first mistake is told, and then the value is undefined.
 */
export function parseSchema(source: string, file: string): Analysis<SchemaFile | undefined> {
  try {
    return { value: new SchemaParser(source, file).file(), diagnostics: [] }
  } catch (problem) {
    if (!(problem instanceof SchemaProblem)) throw problem
    return { value: undefined, diagnostics: [problem.toDiagnostic(file)] }
  }
}

interface OpenStruct {
  readonly name: string
  readonly fields: Field[]
  readonly scopes: FieldScope[]
}

class SchemaParser {
  readonly #tokens: TokenReader
  readonly #file: string
  readonly #types = new Map<string, TypeDeclaration>()
  readonly #aliases = new Map<string, TypeExpression>()
  readonly #constants = new Map<string, readonly Token[]>()
  readonly #names = new Set<string>()

  constructor(source: string, file: string) {
    this.#tokens = new TokenReader(source)
    this.#file = file
  }

  file(): SchemaFile {
    const tokens = this.#tokens
    let id: ReturnType<TokenReader['id']> | undefined
    while (tokens.next.kind !== 'end') {
      if (tokens.is('@')) {
        if (id) throw new SchemaProblem(SchemaCode.name, 'a file has one id', tokens.next)
        id = tokens.id()
        tokens.expect(';')
      } else if (tokens.is('$')) {
        tokens.skipAnnotations(';')
        tokens.expect(';')
      } else this.#declaration('', 0)
    }
    if (!id)
      throw new SchemaProblem(
        SchemaCode.syntax,
        'a schema needs an id, such as @0xdbb9ad1f14bf0b36;',
        { start: 0, end: 0 },
        'capnp id prints one',
      )
    return {
      file: this.#file,
      id: id.value,
      idRange: id.range,
      types: this.#types,
      aliases: this.#aliases,
      constants: this.#constants,
    }
  }

  #declaration(within: string, depth: number): void {
    const tokens = this.#tokens
    if (depth > DEPTH_MAX)
      throw new SchemaProblem(SchemaCode.limit, `declarations nest at most ${DEPTH_MAX} deep`, tokens.next)
    if (tokens.takeIf('struct')) this.#struct(within, depth)
    else if (tokens.takeIf('enum')) this.#enum(within)
    else if (tokens.takeIf('interface')) this.#interface(within)
    else if (tokens.takeIf('using')) this.#using(within)
    else if (tokens.takeIf('const')) this.#constant(within)
    else if (tokens.takeIf('annotation')) {
      this.#declare(within)
      tokens.until(';')
      tokens.expect(';')
    } else throw tokens.expected('struct, enum, interface, using, const or annotation')
  }

  /** Takes the name of a declaration; its dotted path belongs to nobody else. */
  #declare(within: string): { readonly name: string; readonly token: Token } {
    const token = this.#tokens.name()
    const name = within === '' ? token.text : `${within}.${token.text}`
    if (this.#names.has(name))
      throw new SchemaProblem(SchemaCode.name, `${name} is declared already`, token, 'give it another name')
    this.#names.add(name)
    return { name, token }
  }

  /** What stands between the name of a type and its body. */
  #head(within: string) {
    const tokens = this.#tokens
    const { name, token } = this.#declare(within)
    if (this.#types.size >= TYPE_COUNT_MAX)
      throw new SchemaProblem(SchemaCode.limit, `a file has at most ${TYPE_COUNT_MAX} types`, token)
    if (tokens.is('('))
      throw new SchemaProblem(
        SchemaCode.unsupported,
        `${name} is generic, which is not supported`,
        tokens.next,
        'declare a struct for each type that it is used with',
      )
    const explicitId = tokens.is('@') ? tokens.id().value : undefined
    return { name, token, explicitId }
  }

  #struct(within: string, depth: number): void {
    const { name, token, explicitId } = this.#head(within)
    this.#tokens.skipAnnotations('{')
    const open: OpenStruct = { name, fields: [], scopes: [] }
    this.#members(open, undefined, depth + 1)
    const fields = open.fields.toSorted((a, b) => a.ordinal - b.ordinal)
    const tags = open.scopes
      .filter((scope) => scope.ordinal !== undefined)
      .map((scope) => ({ ordinal: scope.ordinal!, name: scope.name || 'union', range: scope.range }))
    checkOrdinals([...fields, ...tags])
    const declaration: StructDeclaration = {
      kind: 'struct',
      name,
      explicitId,
      range: token,
      fields,
      scopes: open.scopes,
    }
    this.#types.set(name, declaration)
  }

  #members(open: OpenStruct, scope: FieldScope | undefined, depth: number): void {
    const tokens = this.#tokens
    if (depth > DEPTH_MAX)
      throw new SchemaProblem(SchemaCode.limit, `groups nest at most ${DEPTH_MAX} deep`, tokens.next)
    const names = new Set<string>()
    tokens.expect('{')
    while (!tokens.takeIf('}')) {
      if (this.#beginsDeclaration()) {
        if (scope) throw tokens.expected('a field')
        this.#declaration(open.name, depth)
        continue
      }
      const token = tokens.name()
      const unnamed =
        token.text === 'union' && !tokens.is(':') && (tokens.is('{') || tokens.is('@') || tokens.is('$'))
      if (names.has(token.text))
        throw new SchemaProblem(
          SchemaCode.name,
          `${token.text} is there twice`,
          token,
          'give it another name',
        )
      names.add(token.text)
      const numbered = tokens.is('@') ? tokens.ordinal(ORDINAL_LIMIT) : undefined
      const insists = numbered !== undefined && tokens.takeIf('!')
      if (unnamed && !tokens.is(':')) {
        if (numbered !== undefined && !insists) throw oldUnion(token, numbered)
        this.#scope(open, { kind: 'union', name: '', parent: scope, ordinal: numbered, range: token }, depth)
        continue
      }
      tokens.expect(':')
      if (tokens.is('union') || tokens.is('group')) {
        const kind = tokens.take().text as FieldScope['kind']
        if (kind === 'union' && numbered !== undefined && !insists) throw oldUnion(token, numbered)
        if (kind === 'group' && numbered !== undefined)
          throw new SchemaProblem(SchemaCode.ordinal, 'a group has no number', token, `${token.text} :group`)
        this.#scope(open, { kind, name: token.text, parent: scope, ordinal: numbered, range: token }, depth)
        continue
      }
      if (numbered === undefined || insists)
        throw new SchemaProblem(
          SchemaCode.ordinal,
          insists ? 'only the number of a union has !' : `${token.text} has no number`,
          token,
          `${token.text} @${numbered ?? open.fields.length}`,
        )
      const type = this.#type(0)
      const initial = tokens.takeIf('=') ? tokens.until(';', '$') : []
      tokens.skipAnnotations(';')
      tokens.expect(';')
      open.fields.push({ name: token.text, ordinal: numbered, type, initial, scope, range: token })
    }
  }

  #scope(open: OpenStruct, scope: FieldScope, depth: number): void {
    open.scopes.push(scope)
    this.#tokens.skipAnnotations('{')
    this.#members(open, scope, depth + 1)
    if (scope.kind === 'union' && armCount(open, scope) < 2)
      throw new SchemaProblem(SchemaCode.syntax, 'a union has two members or more', scope.range)
  }

  #beginsDeclaration(): boolean {
    return ['struct', 'enum', 'interface', 'using', 'const', 'annotation'].some((word) =>
      this.#tokens.is(word),
    )
  }

  #enum(within: string): void {
    const tokens = this.#tokens
    const { name, token, explicitId } = this.#head(within)
    tokens.skipAnnotations('{')
    tokens.expect('{')
    const enumerants: Enumerant[] = []
    const names = new Set<string>()
    while (!tokens.takeIf('}')) {
      const range = tokens.name()
      if (names.has(range.text))
        throw new SchemaProblem(
          SchemaCode.name,
          `${range.text} is there twice`,
          range,
          'give it another name',
        )
      names.add(range.text)
      enumerants.push({ name: range.text, ordinal: tokens.ordinal(ORDINAL_LIMIT), range })
      tokens.skipAnnotations(';')
      tokens.expect(';')
    }
    enumerants.sort((a, b) => a.ordinal - b.ordinal)
    checkOrdinals(enumerants)
    const declaration: EnumDeclaration = { kind: 'enum', name, explicitId, range: token, enumerants }
    this.#types.set(name, declaration)
  }

  #interface(within: string): void {
    const { name, token, explicitId } = this.#head(within)
    this.#tokens.until('{')
    this.#tokens.take()
    this.#tokens.until('}')
    this.#tokens.take()
    this.#types.set(name, { kind: 'interface', name, explicitId, range: token })
  }

  #using(within: string): void {
    const tokens = this.#tokens
    const { name } = this.#declare(within)
    if (!tokens.takeIf('=')) throw tokens.expected('`=`', 'using Name = Type;')
    this.#aliases.set(name, this.#type(0))
    tokens.expect(';')
  }

  #constant(within: string): void {
    const tokens = this.#tokens
    const { name } = this.#declare(within)
    tokens.expect(':')
    this.#type(0)
    tokens.expect('=')
    this.#constants.set(name, tokens.until(';', '$'))
    tokens.skipAnnotations(';')
    tokens.expect(';')
  }

  #type(depth: number): TypeExpression {
    const tokens = this.#tokens
    const first = tokens.next
    if (depth > DEPTH_MAX)
      throw new SchemaProblem(SchemaCode.limit, `lists nest at most ${DEPTH_MAX} deep`, first)
    if (tokens.is('import')) {
      tokens.take()
      let last = tokens.take()
      while (tokens.takeIf('.')) last = tokens.name()
      return { name: 'import', element: undefined, ...span(first, last) }
    }
    let name = tokens.takeIf('.') ? '.' : ''
    let last = tokens.name()
    name += last.text
    while (tokens.takeIf('.')) {
      last = tokens.name()
      name += `.${last.text}`
    }
    if (!tokens.takeIf('(')) return { name, element: undefined, ...span(first, last) }
    const element = this.#type(depth + 1)
    return { name, element, ...span(first, tokens.expect(')')) }
  }
}

function armCount(open: OpenStruct, union: FieldScope): number {
  return (
    open.fields.filter((field) => field.scope === union).length +
    open.scopes.filter((scope) => scope.parent === union).length
  )
}

/** As the reference compiler: since 0.3 a number of a union is only there to keep what was written before. */
function oldUnion({ text, start, end }: Token, ordinal: number): SchemaProblem {
  return new SchemaProblem(
    SchemaCode.ordinal,
    'a union needs no number; where one was published with it, it must keep it, and say so',
    { start, end },
    `${text} @${ordinal}!`,
  )
}

/** Numbers begin with 0 and leave none out. */
function checkOrdinals(members: readonly Enumerant[]): void {
  for (const [expected, { name, ordinal, range }] of members
    .toSorted((a, b) => a.ordinal - b.ordinal)
    .entries()) {
    if (ordinal === expected) continue
    const problem = ordinal < expected ? `@${ordinal} is there twice` : `@${expected} is left out`
    throw new SchemaProblem(SchemaCode.ordinal, problem, range, `${name} @${expected}`)
  }
}
