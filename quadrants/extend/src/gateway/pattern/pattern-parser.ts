import { addByte, addBytes, bothCases, type ByteSet, byteSet, CLASSES, complement } from './byte-set.ts'
import type { PatternNode } from './pattern-node.ts'

/** What a pattern has wrong, and where. */
export class PatternError extends Error {
  readonly offset: number
  readonly fix: string | undefined

  constructor(message: string, offset: number, fix?: string) {
    super(message)
    this.name = 'PatternError'
    this.offset = offset
    this.fix = fix
  }
}

/** Patterns of people are short. */
const LENGTH_MAX = 1024
/** Groups in groups: the parser recurses. */
const DEPTH_MAX = 50
/** As in RE2. */
const REPEAT_MAX = 1000
const CONTROL_ESCAPES: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13 }

/**
 * Reads the part of RE2's syntax that needs no looking around and no remembering: literals, classes, `.`, groups, `|`,
 * `* + ? {n,m}`, lazy or not, `^`, `$`, and `(?i)` and `(?s)` at the front.
 */
export class PatternParser {
  groupCount = 0
  readonly #source: string
  #at = 0
  #depth = 0
  #ignoreCase = false
  #dotHasNewline = false

  constructor(source: string) {
    this.#source = source
  }

  /** @throws {PatternError} */
  parse(): PatternNode {
    if (this.#source.length > LENGTH_MAX) throw new PatternError(`longer than ${LENGTH_MAX} characters`, 0)
    const flags = /^\(\?([is]{1,2})\)/.exec(this.#source)
    if (flags) {
      this.#at = flags[0].length
      this.#ignoreCase = flags[1]!.includes('i')
      this.#dotHasNewline = flags[1]!.includes('s')
    }
    const node = this.#choice()
    if (this.#at < this.#source.length) throw this.#wrong('`)` without `(`', '\\)')
    return node
  }

  #choice(): PatternNode {
    const nodes = [this.#sequence()]
    while (this.#take('|')) nodes.push(this.#sequence())
    return nodes.length === 1 ? nodes[0]! : { kind: 'choice', nodes }
  }

  #sequence(): PatternNode {
    const nodes: PatternNode[] = []
    while (this.#at < this.#source.length && !'|)'.includes(this.#source[this.#at]!))
      nodes.push(this.#repeat())
    return nodes.length === 1 ? nodes[0]! : { kind: 'sequence', nodes }
  }

  #repeat(): PatternNode {
    const node = this.#atom()
    const repeat = /^(?:[*+?]|\{(\d{1,4})(,(\d{0,4}))?\})(\??)/.exec(
      this.#source.slice(this.#at, this.#at + 16),
    )
    if (!repeat) return node
    const [whole, from, comma, to, lazy] = repeat
    const mark = whole[0]
    const min = mark === '{' ? Number(from) : mark === '+' ? 1 : 0
    const max =
      mark === '?' ? 1 : mark === '{' ? (comma ? (to ? Number(to) : Infinity) : Number(from)) : Infinity
    if (min > REPEAT_MAX || (max !== Infinity && max > REPEAT_MAX))
      throw this.#wrong(`repeated more than ${REPEAT_MAX} times`)
    if (min > max) throw this.#wrong('a repetition that ends before it begins', `{${max},${min}}`)
    this.#at += whole.length
    if (/^[*+?]/.test(this.#source.slice(this.#at))) throw this.#wrong('a repetition of a repetition', '(…)*')
    return { kind: 'repeat', node, min, max, isLazy: lazy === '?' }
  }

  #atom(): PatternNode {
    const character = this.#source[this.#at]!
    switch (character) {
      case '(':
        return this.#group()
      case '[':
        return this.#class()
      case '.':
        this.#at++
        return { kind: 'byte', set: this.#dotHasNewline ? byteSet([0, 255]) : byteSet([0, 9], [11, 255]) }
      case '^':
      case '$':
        this.#at++
        return { kind: character === '^' ? 'begin' : 'end' }
      case '*':
      case '+':
      case '?':
        throw this.#wrong(`\`${character}\` repeats nothing`, `\\${character}`)
      case '{':
      case '}':
      case ']':
        throw this.#wrong(`\`${character}\` opens or closes nothing`, `\\${character}`)
      case '\\':
        return { kind: 'byte', set: this.#cased(this.#escape()) }
      default:
        return this.#literal()
    }
  }

  #literal(): PatternNode {
    const code = this.#source.codePointAt(this.#at)!
    const text = String.fromCodePoint(code)
    this.#at += text.length
    const nodes = [...new TextEncoder().encode(text)].map((byte) => ({
      kind: 'byte' as const,
      set: this.#cased(byteSet([byte, byte])),
    }))
    return nodes.length === 1
      ? nodes[0]!
      : { kind: 'group', index: undefined, node: { kind: 'sequence', nodes } }
  }

  #group(): PatternNode {
    if (++this.#depth > DEPTH_MAX) throw this.#wrong(`more than ${DEPTH_MAX} groups in one another`)
    const open = /^\((?:\?:|\?P?<[A-Za-z_]\w{0,63}>|(?!\?))/.exec(this.#source.slice(this.#at, this.#at + 80))
    if (!open)
      throw this.#wrong(
        'a group that looks around, or changes how the rest is read, is not understood',
        '(…) or (?:…)',
      )
    const start = this.#at
    this.#at += open[0].length
    const index = open[0] === '(?:' ? undefined : ++this.groupCount
    const node = this.#choice()
    if (!this.#take(')')) throw new PatternError('`(` without `)`', start, '\\(')
    this.#depth--
    return { kind: 'group', index, node }
  }

  #class(): PatternNode {
    const start = this.#at++
    const isInverted = this.#take('^')
    const set = byteSet()
    let isFirst = true
    for (;;) {
      if (this.#at >= this.#source.length) throw new PatternError('`[` without `]`', start, '\\[')
      if (this.#source[this.#at] === ']' && !isFirst) break
      isFirst = false
      this.#classItem(set)
    }
    this.#at++
    const cased = this.#cased(set)
    return { kind: 'byte', set: isInverted ? complement(cased) : cased }
  }

  #classItem(set: ByteSet): void {
    const first = this.#classByte(set)
    if (first === undefined || this.#source[this.#at] !== '-' || this.#source[this.#at + 1] === ']') {
      if (first !== undefined) addByte(set, first)
      return
    }
    this.#at++
    const last = this.#classByte(byteSet())
    if (last === undefined || last < first) throw this.#wrong('a range that ends before it begins', 'a-z')
    addBytes(set, byteSet([first, last]))
  }

  /** A byte; undefined where it was a class, which `set` has now. */
  #classByte(set: ByteSet): number | undefined {
    const character = this.#source[this.#at]
    if (character === undefined) throw this.#wrong('`[` without `]`')
    if (character === '[' && this.#source[this.#at + 1] === ':')
      throw this.#wrong('classes in words are not understood', '\\w, or a-z')
    if (character === '\\') {
      const escaped = this.#escape()
      const bytes = bytesOf(escaped)
      if (bytes.length === 1) return bytes[0]
      addBytes(set, escaped)
      return undefined
    }
    const code = character.charCodeAt(0)
    if (code > 0x7f) throw this.#wrong('a class has only ASCII', '(?:ä|ö)')
    this.#at++
    return code
  }

  #escape(): ByteSet {
    const letter = this.#source[this.#at + 1]
    if (letter === undefined) throw this.#wrong('`\\` at the end', '\\\\')
    const named = CLASSES[letter.toLowerCase()]
    if (named && /[a-z]/i.test(letter)) {
      this.#at += 2
      return letter === letter.toLowerCase() ? named : complement(named)
    }
    const hex = /^\\x(?:([0-9a-fA-F]{2})|\{0{0,6}([0-9a-fA-F]{1,2})\})/.exec(
      this.#source.slice(this.#at, this.#at + 12),
    )
    const code = hex ? Number.parseInt((hex[1] ?? hex[2])!, 16) : CONTROL_ESCAPES[letter]
    if (code !== undefined) {
      this.#at += hex ? hex[0].length : 2
      return byteSet([code, code])
    }
    if (/[1-9]/.test(letter)) throw this.#wrong('what a group matched cannot be asked for again')
    if (/[A-Za-z0-9]/.test(letter) || letter.charCodeAt(0) > 0x7e)
      throw this.#wrong(`\`\\${letter}\` is not understood`)
    this.#at += 2
    const byte = letter.charCodeAt(0)
    return byteSet([byte, byte])
  }

  #cased(set: ByteSet): ByteSet {
    return this.#ignoreCase ? bothCases(set) : set
  }

  #take(character: string): boolean {
    if (this.#source[this.#at] !== character) return false
    this.#at++
    return true
  }

  #wrong(message: string, fix?: string): PatternError {
    return new PatternError(message, this.#at, fix)
  }
}

function bytesOf(set: ByteSet): readonly number[] {
  const bytes: number[] = []
  for (let byte = 0; byte < 256; byte++) if ((set[byte >> 5]! & (1 << (byte & 31))) !== 0) bytes.push(byte)
  return bytes
}
