import { nearest } from '@quadrant/core'
import type { PolicyCodeName } from '../codes.ts'
import type { YamlList, YamlMap, YamlNode, YamlPath, YamlScalar } from '../yaml/yaml-node.ts'
import { plainOf } from '../yaml/yaml-node.ts'
import type {
  CelUse,
  ListShape,
  MapShape,
  NumberShape,
  ObjectShape,
  Rule,
  Shape,
  TextShape,
} from './schema.ts'
import { durationMs, formatDuration, formatQuantity, quantityValue } from './units.ts'

/** Something wrong at a place of a document. */
export interface ShapeProblem {
  readonly code: PolicyCodeName
  readonly path: YamlPath
  /** It is about the key, not the value under it. */
  readonly isKey?: boolean
  readonly message: string
  readonly fix?: string
}

/** An expression, found on the way. */
export interface FoundExpression {
  readonly use: CelUse
  readonly text: string
  readonly path: YamlPath
}

/** A regular expression: the value of a match of that type. */
export interface FoundPattern {
  readonly text: string
  readonly path: YamlPath
}

/** Something that names another object. */
export interface FoundReference {
  readonly group: string
  readonly kind: string
  readonly name: string
  readonly namespace?: string
  readonly port?: number
  readonly path: YamlPath
}

const TEXT_LENGTH_SHOWN = 60

/** What `type: RegularExpression` is about, in matches of Gateway API. */
const PATTERN_KEYS = ['value', 'service', 'method'] as const

/** Checks one value: what is wrong is in `problems`, and `value` is undefined only where nothing could be read. */
export class ShapeCheck {
  readonly problems: ShapeProblem[] = []
  readonly expressions: FoundExpression[] = []
  readonly patterns: FoundPattern[] = []
  readonly references: FoundReference[] = []
  readonly #path: (string | number)[] = []

  check(shape: Shape, node: YamlNode): unknown {
    switch (shape.kind) {
      case 'object':
        return node.kind === 'map' ? this.#object(shape, node) : this.#wrongType(shape, node)
      case 'list':
        return node.kind === 'list' ? this.#list(shape, node) : this.#wrongType(shape, node)
      case 'map':
        return node.kind === 'map' ? this.#map(shape, node) : this.#wrongType(shape, node)
      case 'any':
        return plainOf(node)
      default:
        return node.kind === 'scalar' ? this.#scalar(shape, node) : this.#wrongType(shape, node)
    }
  }

  #object(shape: ObjectShape, node: YamlMap): unknown {
    const before = this.problems.length
    const value: Record<string, unknown> = {}
    const seen = new Set<string>()
    for (const { key, value: child } of node.entries) {
      const field = Object.hasOwn(shape.fields, key) ? shape.fields[key] : undefined
      this.#path.push(key)
      if (field) {
        // An empty value is none, as `kubectl` has it, and so is null for what need not be there.
        if (!isNull(child)) {
          seen.add(key)
          value[key] = this.check(field.shape, child)
        }
      } else {
        const names = Object.keys(shape.fields)
        this.#problem('unknownField', `${shape.what} has no \`${shown(key)}\``, fixOf(key, names), true)
      }
      this.#path.pop()
    }
    for (const [name, field] of Object.entries(shape.fields)) {
      if (seen.has(name)) continue
      if (field.isRequired) this.#problem('missing', `${shape.what} needs \`${name}\``, `${name}: …`, true)
      else if (field.fallback !== undefined) value[name] = structuredCloneOf(field.fallback)
    }
    if (shape.isNeverEmpty && node.entries.length === 0)
      this.#problem('empty', `${shape.what} says nothing`, `one of ${Object.keys(shape.fields).join(', ')}`)
    if (this.problems.length === before) {
      this.#rules(shape.rules, value)
      this.#note(shape, value)
    }
    return value
  }

  /** What is looked at by others, as this one knows of no other object and of no other language. */
  #note(shape: ObjectShape, value: Readonly<Record<string, unknown>>): void {
    if (shape.isReference)
      this.references.push({
        ...(value as Pick<FoundReference, 'group' | 'kind' | 'name' | 'namespace' | 'port'>),
        path: [...this.#path],
      })
    if (value['type'] !== 'RegularExpression') return
    for (const key of PATTERN_KEYS) {
      const text = value[key]
      if (typeof text === 'string') this.patterns.push({ text, path: [...this.#path, key] })
    }
  }

  #list(shape: ListShape, node: YamlList): unknown {
    const before = this.problems.length
    const { length } = node.items
    if (length > shape.countMax || length < shape.countMin)
      this.#problem(
        'wrongCount',
        `${length} items, where ${countWords(shape.countMin, shape.countMax)} may stand`,
        undefined,
        true,
      )
    const isIdentified = shape.keys.length > 0 || shape.isSet
    const seen = new Set<string>()
    const values = node.items.slice(0, shape.countMax).map((item, index) => {
      this.#path.push(index)
      const problemCount = this.problems.length
      const value = this.check(shape.item, item)
      if (isIdentified && this.problems.length === problemCount) {
        const identity = identityOf(shape, value)
        if (seen.has(identity))
          this.#problemAt(
            'duplicateItem',
            shape.keys.length > 0 ? [...this.#path, shape.keys[0]!] : [...this.#path],
            shape.keys.length > 0
              ? `another item has the same ${shape.keys.join(' and ')}`
              : 'another item is the same',
            'remove one',
          )
        seen.add(identity)
      }
      this.#path.pop()
      return value
    })
    if (this.problems.length === before) this.#rules(shape.rules, values)
    return values
  }

  #map(shape: MapShape, node: YamlMap): unknown {
    if (node.entries.length > shape.countMax)
      this.#problem('wrongCount', `more than ${shape.countMax} entries`, undefined, true)
    const value: Record<string, unknown> = {}
    for (const entry of node.entries.slice(0, shape.countMax)) {
      this.#path.push(entry.key)
      const problem = textProblem(shape.key, entry.key)
      if (problem) this.#problem(problem.code, `this key is ${problem.message}`, problem.fix, true)
      else
        Object.defineProperty(value, entry.key, {
          value: this.check(shape.value, entry.value),
          enumerable: true,
        })
      this.#path.pop()
    }
    return value
  }

  #scalar(shape: Exclude<Shape, { kind: 'object' | 'list' | 'map' | 'any' }>, node: YamlScalar): unknown {
    const { value } = node
    switch (shape.kind) {
      case 'text':
        return typeof value === 'string' ? this.#text(shape, value) : this.#wrongType(shape, node)
      case 'bool':
        return typeof value === 'boolean' ? value : this.#wrongType(shape, node)
      case 'number':
        return typeof value === 'number' ? this.#number(shape, value) : this.#wrongType(shape, node)
      case 'duration':
        if (typeof value !== 'string') return this.#wrongType(shape, node)
        return this.#measured(
          value,
          durationMs(value),
          shape.msMin,
          shape.msMax,
          formatDuration,
          DURATION_FORM,
        )
      case 'quantity':
        if (typeof value !== 'string' && typeof value !== 'number') return this.#wrongType(shape, node)
        return this.#measured(
          value,
          quantityValue(value),
          shape.min,
          shape.max,
          formatQuantity,
          QUANTITY_FORM,
        )
    }
  }

  #measured(
    written: string | number,
    value: number | undefined,
    min: number,
    max: number,
    format: (value: number) => string,
    form: string,
  ): unknown {
    if (value === undefined)
      this.#problem('wrongForm', `\`${shown(String(written))}\` is not ${form}`, format(min))
    else if (value < min || value > max)
      this.#problem(
        'outOfRange',
        `\`${shown(String(written))}\` is not from ${format(min)} to ${format(max)}`,
        format(value < min ? min : max),
      )
    return written
  }

  #text(shape: TextShape, value: string): string {
    const problem = textProblem(shape, value)
    if (problem) this.#problem(problem.code, `\`${shown(value)}\` is ${problem.message}`, problem.fix)
    else if (shape.cel) this.expressions.push({ use: shape.cel, text: value, path: [...this.#path] })
    return value
  }

  #number(shape: NumberShape, value: number): number {
    if (shape.values && !shape.values.includes(value))
      this.#problem('unknownValue', `${value} is none of ${shape.values.join(', ')}`, `${shape.values[0]}`)
    else if (shape.isWhole && !Number.isSafeInteger(value))
      this.#problem('wrongType', `${value} is no whole number`, `${Math.round(value)}`)
    else if (!(value >= shape.min && value <= shape.max))
      this.#problem(
        'outOfRange',
        `${value} is not from ${shape.min} to ${shape.max}`,
        `${value < shape.min ? shape.min : shape.max}`,
      )
    return value
  }

  #rules(rules: readonly Rule[], value: unknown): void {
    for (const rule of rules)
      if (!rule.holds(value as never)) {
        const at = rule.at?.(value as never)
        this.#problemAt(rule.code, at ? [...this.#path, ...at] : [...this.#path], rule.message, rule.fix)
      }
  }

  #wrongType(shape: Shape, node: YamlNode): undefined {
    const isText = shape.kind === 'text' && node.kind === 'scalar' && node.value !== null
    this.#problem(
      'wrongType',
      `${article(shape)} stands here, not ${kindOf(node)}`,
      isText
        ? `"${String(node.value)}"`
        : shape.kind === 'list' && !isNull(node)
          ? 'write it as [ … ]'
          : undefined,
    )
    return undefined
  }

  #problem(code: PolicyCodeName, message: string, fix?: string, isKey?: boolean): void {
    this.problems.push({
      code,
      path: [...this.#path],
      message,
      ...(fix === undefined ? {} : { fix }),
      ...(isKey ? { isKey } : {}),
    })
  }

  #problemAt(code: PolicyCodeName, path: YamlPath, message: string, fix: string | undefined): void {
    this.problems.push({ code, path, message, ...(fix === undefined ? {} : { fix }) })
  }
}

const DURATION_FORM = 'a duration such as 500ms, 10s or 1h30m'
const QUANTITY_FORM = 'a quantity such as 500k or 64Mi'

function textProblem(
  shape: TextShape,
  value: string,
): { readonly code: PolicyCodeName; readonly message: string; readonly fix?: string } | undefined {
  if (shape.values) {
    if (shape.values.includes(value)) return undefined
    return {
      code: 'unknownValue',
      message: `none of ${shape.values.join(', ')}`,
      fix: fixOf(value, shape.values),
    }
  }
  const { length } = value
  const min = shape.lengthMin ?? 0
  const max = shape.lengthMax ?? Number.POSITIVE_INFINITY
  if (length < min) return { code: 'wrongCount', message: 'too short', ...exampleOf(shape) }
  if (length > max) return { code: 'wrongCount', message: `longer than ${max} characters` }
  if (shape.pattern && !shape.pattern.test(value))
    return { code: 'wrongForm', message: `not ${shape.what}`, ...exampleOf(shape) }
  return undefined
}

function exampleOf({ example }: TextShape) {
  return example === undefined ? {} : { fix: `such as ${example}` }
}

/** Names that are but capitals away are as near as any. */
function fixOf(word: string, candidates: readonly string[]): string {
  const lower = word.toLowerCase()
  return (
    candidates.find((candidate) => candidate.toLowerCase() === lower) ??
    nearest(word, candidates) ??
    `one of ${candidates.join(', ')}`
  )
}

function identityOf(shape: ListShape, value: unknown): string {
  if (shape.keys.length === 0) return JSON.stringify(value)
  const fields = value as Readonly<Record<string, unknown>>
  return JSON.stringify(shape.keys.map((key) => fields[key] ?? null))
}

function structuredCloneOf(fallback: unknown): unknown {
  return typeof fallback === 'object' && fallback !== null ? structuredClone(fallback) : fallback
}

function isNull(node: YamlNode): boolean {
  return node.kind === 'scalar' && node.value === null
}

function countWords(min: number, max: number): string {
  return min === 0 ? `at most ${max}` : `${min} to ${max}`
}

/** Texts of a file are shown, but not their whole length. */
function shown(text: string): string {
  return text.length <= TEXT_LENGTH_SHOWN ? text : `${text.slice(0, TEXT_LENGTH_SHOWN)}…`
}

function article(shape: Shape): string {
  switch (shape.kind) {
    case 'text':
      return 'a text'
    case 'number':
      return shape.isWhole ? 'a whole number' : 'a number'
    case 'bool':
      return 'true or false'
    case 'duration':
      return 'a duration such as 10s'
    case 'quantity':
      return 'a quantity such as 64Mi'
    case 'list':
      return 'a list'
    case 'map':
    case 'object':
      return 'a mapping'
    case 'any':
      return 'anything'
  }
}

function kindOf(node: YamlNode): string {
  if (node.kind === 'map') return 'a mapping'
  if (node.kind === 'list') return 'a list'
  return node.value === null ? 'nothing' : typeof node.value === 'string' ? 'a text' : String(node.value)
}
