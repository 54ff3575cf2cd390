import {
  type DescField,
  type DescMessage,
  fromBinary,
  getOption,
  hasOption,
  type Registry,
} from '@bufbuild/protobuf'
import { FieldRulesSchema, type FieldRules, validate } from '@quadrant/proto/envoy'
import { create } from '@bufbuild/protobuf'
import { isSet, valueCheck, type ValueCheck } from './value-rules.ts'

/** A value that a proto rule (`validate.rules` of protoc-gen-validate) does not allow. */
export interface RuleViolation {
  /** Names of fields as in the proto, indexes of lists, keys of maps. */
  readonly path: readonly (string | number)[]
  readonly message: string
  /** An `Any` of a type that is not known, so that nobody looked into it. */
  readonly isUnknownType?: boolean
}

type Fields = Readonly<Record<string, unknown>>
type Path = (string | number)[]
type Visit = (message: Fields, path: Path, found: RuleViolation[]) => void
type VisitValue = (value: unknown, path: Path, found: RuleViolation[]) => void

/** More of one resource is not told. */
const VIOLATIONS_MAX = 100
/** Of messages in messages; Envoy itself gives up at 100. */
const DEPTH_MAX = 100
const ANY = 'google.protobuf.Any'

/** Checks messages by the rules in their descriptors, those within an `Any` too. Rules are compiled once for each type. */
export class ProtoRules {
  readonly #registry: Registry
  readonly #visits = new Map<string, Visit>()

  constructor(registry: Registry) {
    this.#registry = registry
  }

  check(schema: DescMessage, message: object): readonly RuleViolation[] {
    const found: RuleViolation[] = []
    this.#visitOf(schema)(message as Fields, [], found)
    return found
  }

  /** Of a resource as it is served. */
  checkEncoded(typeUrl: string, value: Uint8Array): readonly RuleViolation[] {
    const found: RuleViolation[] = []
    this.#visitAny({ typeUrl, value }, [], found)
    return found
  }

  #visitAny: VisitValue = (any, path, found) => {
    const { typeUrl, value } = any as { readonly typeUrl: string; readonly value: Uint8Array }
    if (typeUrl === '') return
    const schema = this.#registry.getMessage(typeUrl.slice(typeUrl.lastIndexOf('/') + 1))
    if (!schema) {
      found.push({ path: [...path], message: `type ${typeUrl} is not known`, isUnknownType: true })
      return
    }
    let message
    try {
      message = fromBinary(schema, value)
    } catch {
      found.push({ path: [...path], message: `value is no ${schema.typeName}` })
      return
    }
    this.#visitOf(schema)(message, path, found)
  }

  #visitOf(schema: DescMessage): Visit {
    const known = this.#visits.get(schema.typeName)
    if (known) return known
    // Types contain themselves: whoever asks meanwhile gets what will be compiled.
    let compiled: Visit = () => {}
    this.#visits.set(schema.typeName, (message, path, found) => compiled(message, path, found))
    compiled = this.#compile(schema)
    this.#visits.set(schema.typeName, compiled)
    return compiled
  }

  #compile(schema: DescMessage): Visit {
    if (getOption(schema, validate.disabled) || getOption(schema, validate.ignored)) return () => {}
    const visits = schema.fields.flatMap((field) => this.#fieldVisit(field) ?? [])
    for (const oneof of schema.oneofs)
      if (getOption(oneof, validate.required)) {
        const { localName, name } = oneof
        visits.push((message, path, found) => {
          const chosen = message[localName] as { readonly case: string | undefined }
          if (chosen.case === undefined) found.push({ path: [...path, name], message: 'is required' })
        })
      }
    return (message, path, found) => {
      if (path.length > DEPTH_MAX * 2) return
      for (const visit of visits) if (found.length < VIOLATIONS_MAX) visit(message, path, found)
    }
  }

  #fieldVisit(field: DescField): Visit | undefined {
    const rules = hasOption(field, validate.rules)
      ? getOption(field, validate.rules)
      : create(FieldRulesSchema)
    const { oneof, localName, name } = field
    const visit = this.#valueVisit(field, rules)
    const isRequired =
      rules.message?.required === true ||
      ((rules.type.case === 'any' || rules.type.case === 'duration' || rules.type.case === 'timestamp') &&
        rules.type.value.required)
    if (!visit && !isRequired) return undefined
    return (message, path, found) => {
      let value
      if (oneof) {
        const chosen = message[oneof.localName] as { readonly case?: string; readonly value?: unknown }
        if (chosen.case !== localName) return
        value = chosen.value
      } else value = message[localName]
      path.push(name)
      if (value !== undefined) visit?.(value, path, found)
      else if (isRequired) found.push({ path: [...path], message: 'value is required' })
      path.pop()
    }
  }

  #valueVisit(field: DescField, rules: FieldRules): VisitValue | undefined {
    if (field.fieldKind === 'list') return this.#listVisit(field, rules)
    if (field.fieldKind === 'map') return this.#mapVisit(field, rules)
    return this.#singleVisit(field.message, field.enum, rules)
  }

  #singleVisit(
    schema: DescMessage | undefined,
    enumeration: DescField['enum'],
    rules: FieldRules | undefined,
  ): VisitValue | undefined {
    const numbers = enumeration && new Set(enumeration.values.map(({ number }) => number))
    const check = rules && valueCheck(rules, numbers)
    const inner = schema && rules?.message?.skip !== true ? this.#innerVisit(schema) : undefined
    if (!check) return inner
    return (value, path, found) => {
      // A wrapper in a list is a message, elsewhere its value.
      const problem = check(
        isWrapper(schema) && typeof value === 'object' ? (value as Fields)['value'] : value,
      )
      if (problem !== undefined) found.push({ path: [...path], message: problem })
      inner?.(value, path, found)
    }
  }

  #innerVisit(schema: DescMessage): VisitValue | undefined {
    if (schema.typeName === ANY) return this.#visitAny
    // Those of google.protobuf have no rules, and other shapes than messages.
    if (schema.typeName.startsWith('google.protobuf.')) return undefined
    return (value, path, found) => this.#visitOf(schema)(value as Fields, path, found)
  }

  #listVisit(field: DescField & { fieldKind: 'list' }, rules: FieldRules): VisitValue | undefined {
    const list = rules.type.case === 'repeated' ? rules.type.value : undefined
    const item = this.#singleVisit(field.message, field.enum, list?.items)
    if (!list && !item) return undefined
    const size = list && sizeCheck(list, 'minItems', 'maxItems', 'items')
    return (value, path, found) => {
      const items = value as readonly unknown[]
      if (items.length === 0 && list?.ignoreEmpty) return
      const problem =
        size?.(items.length) ??
        (list?.unique && new Set(items).size < items.length ? 'items must be unique' : undefined)
      if (problem !== undefined) found.push({ path: [...path], message: problem })
      if (!item) return
      for (const [index, one] of items.entries()) {
        path.push(index)
        item(one, path, found)
        path.pop()
      }
    }
  }

  #mapVisit(field: DescField & { fieldKind: 'map' }, rules: FieldRules): VisitValue | undefined {
    const map = rules.type.case === 'map' ? rules.type.value : undefined
    const key: ValueCheck | undefined = map?.keys && valueCheck(map.keys, undefined)
    const item = this.#singleVisit(field.message, field.enum, map?.values)
    if (!map && !item) return undefined
    const size = map && sizeCheck(map, 'minPairs', 'maxPairs', 'pairs')
    return (value, path, found) => {
      const pairs = Object.entries(value as Fields)
      if (pairs.length === 0 && map?.ignoreEmpty) return
      const problem = size?.(pairs.length)
      if (problem !== undefined) found.push({ path: [...path], message: problem })
      for (const [name, one] of pairs) {
        path.push(name)
        const keyProblem = key?.(name)
        if (keyProblem !== undefined) found.push({ path: [...path], message: `key: ${keyProblem}` })
        item?.(one, path, found)
        path.pop()
      }
    }
  }
}

function sizeCheck<T extends object>(rules: T, min: keyof T & string, max: keyof T & string, what: string) {
  const least = isSet(rules, min) ? Number(rules[min]) : 0
  const most = isSet(rules, max) ? Number(rules[max]) : Infinity
  return (count: number): string | undefined => {
    if (count < least) return `must contain at least ${least} ${what}`
    if (count > most) return `must contain no more than ${most} ${what}`
    return undefined
  }
}

function isWrapper(schema: DescMessage | undefined): boolean {
  return schema !== undefined && /^google\.protobuf\.\w+Value$/.test(schema.typeName)
}
