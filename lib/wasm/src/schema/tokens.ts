import type { TextRange } from '@quadrant/core'
import { SchemaCode } from './code.ts'
import { SchemaProblem } from './problem.ts'

/** In UTF-16 code units; schemas that people write have some thousands. */
export const SCHEMA_LENGTH_MAX = 1 << 20

export interface Token extends TextRange {
  readonly kind: 'name' | 'number' | 'string' | 'data' | 'mark' | 'end'
  readonly text: string
}

const TOKEN =
  /(?<space>\s+|#[^\n]*)|(?<data>0x"[^"\n]*")|(?<string>"(?:[^"\\\n]|\\.)*")|(?<number>0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<name>[A-Za-z_]\w*)|(?<mark>[@!:;{}()[\],=$.\-*>+])/y

/** @throws {SchemaProblem} where no token begins, or the text is too long */
export function readTokens(source: string): readonly Token[] {
  if (source.length > SCHEMA_LENGTH_MAX)
    throw new SchemaProblem(SchemaCode.limit, `a schema has at most ${SCHEMA_LENGTH_MAX} characters`, {
      start: SCHEMA_LENGTH_MAX,
      end: SCHEMA_LENGTH_MAX,
    })
  const tokens: Token[] = []
  const pattern = new RegExp(TOKEN)
  while (pattern.lastIndex < source.length) {
    const start = pattern.lastIndex
    const groups = pattern.exec(source)?.groups
    if (!groups) {
      const quoted = source[start] === '"'
      throw new SchemaProblem(
        SchemaCode.syntax,
        quoted ? 'the text is not closed in its line' : 'no part of a schema begins here',
        { start, end: start + 1 },
        quoted ? 'end it with "' : undefined,
      )
    }
    const end = pattern.lastIndex
    for (const kind of ['name', 'mark', 'number', 'string', 'data'] as const)
      if (groups[kind] !== undefined) tokens.push({ kind, text: groups[kind], start, end })
  }
  tokens.push({ kind: 'end', text: 'the end of the file', start: source.length, end: source.length })
  return tokens
}
