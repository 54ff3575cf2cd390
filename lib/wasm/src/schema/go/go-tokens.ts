/** A piece of Go source (Go specification, Lexical elements). Offsets are UTF-16 units. */
export interface GoToken {
  readonly kind: 'name' | 'number' | 'string' | 'rune' | 'mark' | 'newline' | 'end'
  readonly text: string
  readonly start: number
  readonly end: number
}

const PIECE =
  /(?<space>[ \t\r]+|\/\/[^\n]*|\/\*[^]*?(?:\*\/|$))|(?<newline>\n)|(?<name>[\p{L}_][\p{L}\p{Nd}_]*)|(?<number>\.?\d(?:[eEpP][+-]|[\w.])*)|(?<string>"(?:\\.|[^"\\\n])*"|`[^`]*`)|(?<rune>'(?:\\[^]|[^'\\\n])+')|(?<mark>[^])/uy

/** More pieces than a source file of two megabytes has. */
const TOKENS_MAX = 1_000_000

/** The pieces of a source, comments left out; undefined where there are too many. */
export function goTokens(source: string): readonly GoToken[] | undefined {
  const tokens: GoToken[] = []
  PIECE.lastIndex = 0
  while (PIECE.lastIndex < source.length) {
    const start = PIECE.lastIndex
    const groups = PIECE.exec(source)?.groups
    if (groups === undefined) break
    const kind = KINDS.find((each) => groups[each] !== undefined)
    if (kind === undefined) continue
    if (tokens.length === TOKENS_MAX) return undefined
    tokens.push({ kind, text: groups[kind]!, start, end: PIECE.lastIndex })
  }
  tokens.push({ kind: 'end', text: '', start: source.length, end: source.length })
  return tokens
}

const KINDS = ['newline', 'name', 'number', 'string', 'rune', 'mark'] as const
