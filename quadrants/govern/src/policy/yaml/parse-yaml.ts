import { isAlias, isMap, isScalar, isSeq, type Document, type Node, parseDocument } from 'yaml'
import type { TextRange } from '@quadrant/core'
import type { YamlEntry, YamlNode } from './yaml-node.ts'

/** Kubernetes keeps no object that is larger. */
const DOCUMENT_LENGTH_MAX = 1 << 20
const DEPTH_MAX = 32
const NODES_MAX = 50_000
const ALIASES_MAX = 100
/** Of one document: what follows is the same mistake, seen from further on. */
const SYNTAX_ERRORS_MAX = 1

export type YamlProblemKind = 'syntax' | 'tooLarge' | 'duplicateKey'

export interface YamlProblem {
  readonly kind: YamlProblemKind
  /** From the start of the document. */
  readonly range: TextRange
  readonly message: string
  readonly fix?: string
}

export interface ParsedYaml {
  /** Undefined where it is no YAML, or over a limit. */
  readonly root: YamlNode | undefined
  readonly problems: readonly YamlProblem[]
}

/** The value of one document with places. Aliases are written out, within limits; nothing throws. */
export function parseYaml(text: string): ParsedYaml {
  const tooLarge = (message: string): ParsedYaml => ({
    root: undefined,
    problems: [{ kind: 'tooLarge', range: { start: 0, end: Math.min(1, text.length) }, message }],
  })
  if (text.length > DOCUMENT_LENGTH_MAX)
    return tooLarge(`a document has at most ${DOCUMENT_LENGTH_MAX} characters`)
  if (isTooDeep(text)) return tooLarge(`more than ${DEPTH_MAX} levels`)
  // Keys are compared below: the parser would compare each with each.
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'silent', uniqueKeys: false })
  const problems: YamlProblem[] = [...document.errors, ...document.warnings]
    .slice(0, SYNTAX_ERRORS_MAX)
    .map(({ pos, message }) => ({
      kind: 'syntax',
      range: { start: pos[0], end: Math.max(pos[1], pos[0] + 1) },
      message: lowered(message),
    }))
  if (problems.length > 0 || document.contents === null) return { root: undefined, problems }
  return new Reading(document).read()
}

/** Ends the reading of a document that is over a limit. */
class LimitReached extends Error {}

/** One document on its way from the parser's tree into ours. */
class Reading {
  readonly #document: Document.Parsed
  readonly #problems: YamlProblem[] = []
  readonly #openAliases = new Set<Node>()
  #nodeCount = 0
  #aliasCount = 0

  constructor(document: Document.Parsed) {
    this.#document = document
  }

  read(): ParsedYaml {
    try {
      const root = this.#node(this.#document.contents, 0, 0)
      // What could not be read would be told again as missing.
      const isRead = this.#problems.every(({ kind }) => kind !== 'syntax')
      return { root: isRead ? root : undefined, problems: this.#problems }
    } catch (thrown) {
      if (!(thrown instanceof LimitReached)) throw thrown
      return { root: undefined, problems: this.#problems }
    }
  }

  #node(node: Node | null | undefined, fallback: number, depth: number): YamlNode {
    const [start, end] = node?.range ?? [fallback, fallback]
    if (++this.#nodeCount > NODES_MAX) this.#stop(start, `more than ${NODES_MAX} values`)
    if (depth > DEPTH_MAX) this.#stop(start, `more than ${DEPTH_MAX} levels`)
    if (isMap(node)) return { kind: 'map', entries: this.#entries(node.items, start, depth), start, end }
    if (isSeq(node))
      return {
        kind: 'list',
        items: (node.items as (Node | null)[]).map((item) => this.#node(item, start, depth + 1)),
        start,
        end,
      }
    if (isAlias(node)) return this.#aliased(node, start, depth)
    const value: unknown = isScalar(node) ? node.value : null
    const isPlain =
      typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || value === null
    return { kind: 'scalar', value: isPlain ? value : null, start, end }
  }

  #entries(
    pairs: readonly { readonly key: unknown; readonly value: unknown }[],
    fallback: number,
    depth: number,
  ): readonly YamlEntry[] {
    const seen = new Set<string>()
    return pairs.flatMap(({ key, value }) => {
      const [keyStart, keyEnd] = (key as Node | null)?.range ?? [fallback, fallback]
      if (
        !isScalar(key) ||
        (typeof key.value !== 'string' && typeof key.value !== 'number' && typeof key.value !== 'boolean')
      ) {
        this.#problem('syntax', keyStart, keyEnd, 'a key is one word')
        return []
      }
      const name = String(key.value)
      if (seen.has(name)) {
        this.#problem(
          'duplicateKey',
          keyStart,
          keyEnd,
          `\`${name.slice(0, 60)}\` stands here twice`,
          'remove one',
        )
        return []
      }
      seen.add(name)
      return [{ key: name, keyStart, keyEnd, value: this.#node(value as Node | null, keyEnd, depth + 1) }]
    })
  }

  #aliased(alias: Node, start: number, depth: number): YamlNode {
    if (++this.#aliasCount > ALIASES_MAX) this.#stop(start, `more than ${ALIASES_MAX} aliases`)
    const target = isAlias(alias) ? alias.resolve(this.#document) : undefined
    if (!target || this.#openAliases.has(target)) {
      this.#problem('syntax', start, start + 1, 'this alias stands for nothing, or for what it is in')
      return { kind: 'scalar', value: null, start, end: start + 1 }
    }
    this.#openAliases.add(target)
    const node = this.#node(target, start, depth)
    this.#openAliases.delete(target)
    return node
  }

  #problem(kind: YamlProblemKind, start: number, end: number, message: string, fix?: string): void {
    this.#problems.push({
      kind,
      range: { start, end: Math.max(end, start + 1) },
      message,
      ...(fix === undefined ? {} : { fix }),
    })
  }

  #stop(start: number, message: string): never {
    this.#problem('tooLarge', start, start + 1, message)
    throw new LimitReached(message)
  }
}

/** The parser recurses: brackets and indentation are counted before it sees them. */
function isTooDeep(text: string): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x5b || code === 0x7b) {
      if (++depth > BRACKETS_MAX) return true
    } else if ((code === 0x5d || code === 0x7d) && depth > 0) depth--
  }
  return /^[ \t]{256}/m.test(text) || /(?:[-?:][ \t]+){64}/.test(text)
}

/** More than levels are allowed: those within texts count too. */
const BRACKETS_MAX = 200

function lowered(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1)
}
