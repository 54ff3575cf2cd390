import { isMap, isScalar, isSeq, type Node, type Pair, type ParsedNode } from 'yaml'
import type { Diagnostic, Severity, TextRange } from '../diagnostic.ts'
import { nearest } from '../nearest.ts'

/** Codes of what any file can have wrong. */
export interface ConfigCodes {
  readonly syntax: string
  readonly tooLarge: string
  readonly unknownKey: string
  readonly unknownType: string
  readonly wrongValue: string
  readonly missing: string
  readonly undeclared: string
  readonly noEffect: string
  readonly environment: string
  readonly exposed: string
}

export interface ConfigReaderOptions {
  /** Name that stands in diagnostics. */
  readonly file: string | undefined
  /** For `${env:NAME}`. */
  readonly environment: Environment
  readonly codes: ConfigCodes
}

/** A place in the file: a value, or where one is missing the thing it is missing in. */
export interface Place {
  readonly node: Node | undefined
  readonly range: TextRange
  /** The key is there and has no value. */
  readonly isEmpty?: boolean
}

export interface Entry {
  readonly key: string
  readonly keyPlace: Place
  readonly value: Place
}

/** Variables of the environment. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Lists and mappings that are longer than this are damage or an attack. */
const ENTRIES_MAX = 1000
const NAME_LENGTH_SHOWN = 60

/** Reads values out of parsed YAML and keeps what is wrong, each with its place. */
export class ConfigReader {
  readonly diagnostics: Diagnostic[] = []
  readonly codes: ConfigCodes
  readonly #places = new WeakMap<object, Map<string | number | undefined, Place>>()
  readonly #file: string | undefined
  readonly #environment: Environment

  constructor({ file, environment, codes }: ConfigReaderOptions) {
    this.codes = codes
    this.#file = file
    this.#environment = environment
  }

  report(severity: Severity, code: string, place: Place, message: string, fix?: string): void {
    this.diagnostics.push({
      code,
      severity,
      message,
      range: place.range,
      ...(this.#file === undefined ? {} : { file: this.#file }),
      ...(fix === undefined ? {} : { fix }),
    })
  }

  wrong(code: string, place: Place, message: string, fix?: string): void {
    this.report('error', code, place, message, fix)
  }

  /** The entries of a mapping; an empty value is an empty mapping. */
  entries(place: Place, what: string): readonly Entry[] {
    const { node } = place
    if (node === undefined || (isScalar(node) && node.value === null)) return []
    if (!isMap(node)) {
      this.wrong(this.codes.wrongValue, place, `${what} is a mapping, not ${kindOf(node)}`)
      return []
    }
    if (node.items.length > ENTRIES_MAX) {
      this.wrong(this.codes.tooLarge, place, `${what} has more than ${ENTRIES_MAX} entries`)
      return []
    }
    return (node.items as Pair<ParsedNode, ParsedNode | null>[]).flatMap(({ key, value }) => {
      const keyPlace = placeOf(key, place.range)
      if (!isScalar(key) || (typeof key.value !== 'string' && typeof key.value !== 'number')) {
        this.wrong(this.codes.wrongValue, keyPlace, `a key of ${what} is a word`)
        return []
      }
      return [
        {
          key: `${key.value}`,
          keyPlace,
          value:
            value && !(isScalar(value) && value.value === null && value.source === '')
              ? placeOf(value, keyPlace.range)
              : { range: keyPlace.range, node: undefined, isEmpty: true },
        },
      ]
    })
  }

  /** The entries of a list. */
  items(place: Place, what: string): readonly Place[] {
    const { node } = place
    if (node === undefined || (isScalar(node) && node.value === null)) return []
    if (!isSeq(node)) {
      this.wrong(this.codes.wrongValue, place, `${what} is a list, not ${kindOf(node)}`, `write it as [ … ]`)
      return []
    }
    if (node.items.length > ENTRIES_MAX) {
      this.wrong(this.codes.tooLarge, place, `${what} has more than ${ENTRIES_MAX} entries`)
      return []
    }
    return (node.items as Node[]).map((item) => placeOf(item, place.range))
  }

  /** A scalar with the environment's variables filled in; undefined, and reported, for lists and mappings. */
  scalar(place: Place, what: string): string | number | boolean | undefined {
    const { node } = place
    if (!isScalar(node) || node.value === null || typeof node.value === 'object') {
      this.wrong(this.codes.wrongValue, place, `${what} is a single value, not ${kindOf(node)}`)
      return undefined
    }
    const { value } = node
    if (typeof value === 'string') return this.#expand(value, place)
    return typeof value === 'number' || typeof value === 'boolean' ? value : undefined
  }

  /** Keeps where a value stands, or what is under a key of it, for what is found about it later. */
  remember(value: object, place: Place, key?: string | number): void {
    const places = this.#places.get(value)
    if (places) places.set(key, place)
    else this.#places.set(value, new Map([[key, place]]))
  }

  /** `value` was made of `origin`, and stands where that does. */
  carry(origin: object, value: object): void {
    const places = this.#places.get(origin)
    if (places && !this.#places.has(value)) this.#places.set(value, places)
  }

  /** Where the key stands, or the value if it does not say. */
  recall(value: object, key?: string | number): Place | undefined {
    const places = this.#places.get(value)
    return places?.get(key) ?? places?.get(undefined)
  }

  unknownKey(place: Place, key: string, what: string, known: readonly string[]): void {
    const near = nearest(key, known)
    this.wrong(
      this.codes.unknownKey,
      place,
      `${what} has no \`${shown(key)}\``,
      near ?? `one of ${known.join(', ')}`,
    )
  }

  unknownType(place: Place, what: string, type: string, known: readonly string[]): void {
    const near = nearest(type, known)
    this.wrong(
      this.codes.unknownType,
      place,
      `there is no ${what} \`${shown(type)}\``,
      near ?? `one of ${known.join(', ')}`,
    )
  }

  undeclared(place: Place, section: string, name: string, declared: readonly string[]): void {
    const near = nearest(name, declared)
    this.wrong(
      this.codes.undeclared,
      place,
      `\`${shown(name)}\` is not declared under ${section}`,
      near ?? `declare it: ${section}: { ${shown(name)}: }`,
    )
  }

  /** `${env:NAME}`, `${NAME}` and `${env:NAME:-default}`, as the Collector has them; `$$` is a dollar sign. */
  #expand(text: string, place: Place): string {
    return text.replace(
      /\$\$|\$\{(?:env:)?([A-Za-z_]\w*)(?::-([^}]*))?\}/g,
      (whole, name?: string, fallback?: string) => {
        if (name === undefined) return whole === '$$' ? '$' : whole
        const value = this.#environment[name] ?? fallback
        if (value === undefined)
          this.wrong(
            this.codes.environment,
            place,
            `the environment has no ${name}`,
            `export ${name}=…, or give a default: \${env:${name}:-value}`,
          )
        return value ?? ''
      },
    )
  }
}

export function placeOf(node: Node | null | undefined, fallback: TextRange): Place {
  const range = node?.range
  return {
    node: node ?? undefined,
    range: range ? { start: range[0], end: Math.max(range[1], range[0] + 1) } : fallback,
  }
}

/** Whether one value stands there, and no mapping or list. */
export function isSingle({ node }: Place): boolean {
  return isScalar(node)
}

/** Names of a file are shown, but not their whole length. */
export function shown(name: string): string {
  return name.length <= NAME_LENGTH_SHOWN ? name : `${name.slice(0, NAME_LENGTH_SHOWN)}…`
}

function kindOf(node: Node | undefined): string {
  if (isMap(node)) return 'a mapping'
  if (isSeq(node)) return 'a list'
  return isScalar(node) && node.value !== null ? 'a single value' : 'empty'
}
