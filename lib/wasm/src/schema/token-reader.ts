import type { TextRange } from '@quadrant/core'
import { SchemaCode } from './code.ts'
import { SchemaProblem } from './problem.ts'
import { readTokens, type Token } from './tokens.ts'

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }

/** Goes through the tokens of a schema, and says what was expected where something else stands. */
export class TokenReader {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(source: string) {
    this.#tokens = readTokens(source)
  }

  get next(): Token {
    return this.#tokens[this.#at]!
  }

  take(): Token {
    const token = this.next
    if (token.kind !== 'end') this.#at++
    return token
  }

  is(text: string): boolean {
    const { kind } = this.next
    return (kind === 'mark' || kind === 'name') && this.next.text === text
  }

  takeIf(text: string): boolean {
    if (!this.is(text)) return false
    this.#at++
    return true
  }

  expect(text: string): Token {
    if (!this.is(text)) throw this.expected(`\`${text}\``)
    return this.take()
  }

  name(): Token {
    if (this.next.kind !== 'name') throw this.expected('a name')
    return this.take()
  }

  expected(what: string, fix?: string): SchemaProblem {
    const { text } = this.next
    const found = this.next.kind === 'end' ? text : `\`${text}\``
    return new SchemaProblem(SchemaCode.syntax, `${what} belongs here, not ${found}`, this.next, fix)
  }

  /** `@3`, below `limit`. */
  ordinal(limit: number): number {
    const at = this.expect('@')
    const token = this.take()
    if (!/^\d{1,6}$/.test(token.text))
      throw new SchemaProblem(SchemaCode.ordinal, 'a number such as @3 belongs here', span(at, token))
    const ordinal = Number(token.text)
    if (ordinal >= limit)
      throw new SchemaProblem(SchemaCode.limit, `numbers go up to @${limit - 1}`, span(at, token))
    return ordinal
  }

  /** `@0x…`: 64 bits, the highest of which is set. */
  id(): { readonly value: bigint; readonly range: TextRange } {
    const at = this.expect('@')
    const token = this.take()
    const range = span(at, token)
    if (!/^0x[89a-f][0-9a-f]{15}$/i.test(token.text))
      throw new SchemaProblem(
        SchemaCode.syntax,
        'an id is 16 hexadecimal digits, the first of them 8 or more',
        range,
        'capnp id prints one',
      )
    return { value: BigInt(token.text), range }
  }

  /** Everything up to one of `ends` that stands outside of brackets; it is left for the caller. */
  until(...ends: readonly string[]): readonly Token[] {
    const open: string[] = []
    const first = this.#at
    for (;;) {
      const { kind, text } = this.next
      if (kind === 'end') throw this.expected(`\`${open.at(-1) ?? ends[0]!}\``)
      if (kind === 'mark') {
        if (open.length === 0 && ends.includes(text)) return this.#tokens.slice(first, this.#at)
        if (CLOSING[text] !== undefined) open.push(CLOSING[text])
        else if (text === ')' || text === ']' || text === '}') {
          const wanted = open.pop()
          if (wanted !== text) throw this.expected(`\`${wanted ?? ends[0]!}\``)
        }
      }
      this.#at++
    }
  }

  /** `$Go.package("x")`, however many: they change nothing of the encoding. */
  skipAnnotations(...ends: readonly string[]): void {
    while (this.is('$')) {
      this.take()
      this.until('$', ...ends)
    }
  }
}

export function span(from: TextRange, to: TextRange): TextRange {
  return { start: from.start, end: to.end }
}
