import {
  celList,
  celMap,
  celUint,
  isCelList,
  isCelMap,
  isCelUint,
  type CelInput,
  type CelMap,
  type CelValue,
} from '@bufbuild/cel'
import { create, isMessage, toBinary } from '@bufbuild/protobuf'
import { DurationSchema, TimestampSchema } from '@bufbuild/protobuf/wkt'
import { isReflectMessage } from '@bufbuild/protobuf/reflect'
import { utf8Text, type AttributeMap, type AttributeMessage, type AttributeValue } from './attribute-value.ts'

const NS_PER_S = 1_000_000_000n

/** What maps of CEL were made of. */
const ORIGINS = new WeakMap<CelMap, AttributeMap | AttributeMessage>()

/** An attribute as expressions see it: text is UTF-8, with replacement characters where it is not, messages are maps. */
export function celOf(value: AttributeValue): CelInput {
  if (typeof value === 'string') return decoded(value)
  if (typeof value === 'number') return BigInt(value)
  if (typeof value === 'boolean' || value === null) return value
  switch (value.kind) {
    case 'int':
      return value.value
    case 'uint':
      return celUint(value.value)
    case 'double':
    case 'bytes':
      return value.value
    case 'timestamp':
      return create(TimestampSchema, secondsOf(value.value))
    case 'duration':
      return create(DurationSchema, secondsOf(value.value))
    case 'list':
      return celList(value.items.map(celOf))
    case 'map':
    case 'message': {
      const map = celMap(new AttributeMapView(value))
      ORIGINS.set(map, value)
      return map
    }
  }
}

/** What an expression comes to; undefined for what filters are not given, such as types. */
export function attributeOf(value: CelValue): AttributeValue | undefined {
  switch (typeof value) {
    case 'string':
      return utf8Text(value)
    case 'boolean':
      return value
    case 'bigint':
      return { kind: 'int', value }
    case 'number':
      return { kind: 'double', value }
    default:
  }
  if (value === null) return null
  if (value instanceof Uint8Array) return { kind: 'bytes', value }
  if (isCelUint(value)) return { kind: 'uint', value: value.value }
  if (isCelList(value)) {
    const items = [...value].map(attributeOf)
    return items.includes(undefined) ? undefined : { kind: 'list', items: items as AttributeValue[] }
  }
  if (isCelMap(value)) return ORIGINS.get(value) ?? mapOf(value)
  if (!isReflectMessage(value)) return undefined
  const { message } = value
  if (isMessage(message, TimestampSchema)) return { kind: 'timestamp', value: nanosecondsOf(message) }
  if (isMessage(message, DurationSchema)) return { kind: 'duration', value: nanosecondsOf(message) }
  return { kind: 'message', fields: new Map(), bytes: () => toBinary(value.desc, message) }
}

function mapOf(map: CelMap): AttributeValue | undefined {
  const entries = [...map].map(([key, value]) => [attributeOf(key), attributeOf(value)] as const)
  if (entries.some(([key, value]) => key === undefined || value === undefined)) return undefined
  return {
    kind: 'map',
    get: () => undefined,
    entries: () => entries as [AttributeValue, AttributeValue][],
  }
}

function secondsOf(ns: bigint): { readonly seconds: bigint; readonly nanos: number } {
  return { seconds: ns / NS_PER_S, nanos: Number(ns % NS_PER_S) }
}

function nanosecondsOf({ seconds, nanos }: { readonly seconds: bigint; readonly nanos: number }): bigint {
  return seconds * NS_PER_S + BigInt(nanos)
}

function decoded(text: string): string {
  return utf8Text(text) === text ? text : Buffer.from(text, 'latin1').toString()
}

/** Read only as far as it is asked for. */
class AttributeMapView implements ReadonlyMap<string, CelInput> {
  readonly #value: AttributeMap | AttributeMessage

  constructor(value: AttributeMap | AttributeMessage) {
    this.#value = value
  }

  get size(): number {
    return this.#listed().length
  }

  get(key: unknown): CelInput | undefined {
    if (typeof key !== 'string') return undefined
    const name = utf8Text(key)
    const found = this.#value.kind === 'map' ? this.#value.get(name) : this.#value.fields.get(name)
    return found === undefined ? undefined : celOf(found)
  }

  has(key: unknown): boolean {
    return this.get(key) !== undefined
  }

  forEach(callback: (value: CelInput, key: string, map: ReadonlyMap<string, CelInput>) => void): void {
    for (const [key, value] of this.#listed()) callback(value, key, this)
  }

  entries(): MapIterator<[string, CelInput]> {
    return new Map(this.#listed()).entries()
  }

  keys(): MapIterator<string> {
    return new Map(this.#listed()).keys()
  }

  values(): MapIterator<CelInput> {
    return new Map(this.#listed()).values()
  }

  [Symbol.iterator](): MapIterator<[string, CelInput]> {
    return this.entries()
  }

  /** Of messages, and of what is not to be listed, there is nothing. */
  #listed(): [string, CelInput][] {
    if (this.#value.kind === 'message') return []
    const entries = [...(this.#value.entries?.() ?? [])]
    return entries.map(([key, value]) => [typeof key === 'string' ? decoded(key) : '', celOf(value)])
  }
}
