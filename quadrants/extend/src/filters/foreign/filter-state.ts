import type { AttributeValue } from './attribute-value.ts'
import { filterStateObject } from './filter-state-object.ts'
import type { ForeignLimits } from './foreign-limits.ts'

/** How long something is kept: `LifeSpan` of Envoy. */
export type LifeSpan = 'filter-chain' | 'request' | 'connection'

/** What a filter has declared about a property of its own, before it is set. */
export interface PropertyDeclaration {
  /** Flat buffers and messages are read as their bytes. */
  readonly type: 'bytes' | 'string' | 'flat-buffers' | 'protobuf'
  /** Set once, and not again. */
  readonly isReadonly: boolean
  readonly span: LifeSpan
}

export const UNDECLARED: PropertyDeclaration = { type: 'bytes', isReadonly: false, span: 'filter-chain' }

interface StateEntry {
  readonly span: LifeSpan
  readonly isReadonly: boolean
  /** Whether a filter set it as a property of its own. */
  readonly isProperty: boolean
  readonly value: AttributeValue | undefined
  readonly bytes: number
}

export type StateResult = 'ok' | 'readonly' | 'unknown' | 'malformed' | 'over-limit'

/** What filters keep with a stream for one another, and with its connection: `wasm.NAME` are their own properties. */
export class FilterState {
  readonly #limits: ForeignLimits
  readonly #connection: FilterState | undefined
  readonly #entries = new Map<string, StateEntry>()
  #bytes = 0

  /** @param connection of the stream's connection; what is to last as long goes there */
  constructor(limits: ForeignLimits, connection?: FilterState) {
    this.#limits = limits
    this.#connection = connection
  }

  get(key: string): AttributeValue | undefined {
    return (this.#entries.get(key) ?? this.#connection?.entry(key))?.value
  }

  /** Of a property that a filter has set. */
  property(name: string): AttributeValue | undefined {
    const key = PROPERTY_PREFIX + name
    const entry = this.#entries.get(key) ?? this.#connection?.entry(key)
    return entry?.isProperty === true ? entry.value : undefined
  }

  setProperty(name: string, value: Uint8Array, declaration: PropertyDeclaration): StateResult {
    const key = PROPERTY_PREFIX + name
    const before = this.entry(key) ?? this.#connection?.entry(key)
    if (before?.isReadonly === true) return 'readonly'
    const { isReadonly, type } =
      before?.isProperty === true ? { isReadonly: false, type: 'kept' } : declaration
    const isText = type === 'kept' ? typeof before?.value === 'string' : type === 'string'
    return this.#put(key, {
      span: before?.span ?? declaration.span,
      isReadonly,
      isProperty: true,
      value: isText
        ? Buffer.from(value).toString('latin1')
        : { kind: 'bytes', value: Uint8Array.from(value) },
      bytes: value.length,
    })
  }

  /** Something that Envoy knows by this name, made of text. */
  setObject(key: string, text: string, span: LifeSpan): StateResult {
    const object = filterStateObject(key, text)
    if (typeof object === 'string') return object
    return this.#put(key, {
      span,
      isReadonly: false,
      isProperty: false,
      value: object.value,
      bytes: text.length,
    })
  }

  /** For the state of a stream of this connection. */
  protected entry(key: string): StateEntry | undefined {
    return this.#entries.get(key)
  }

  #put(key: string, entry: StateEntry): StateResult {
    if (entry.span === 'connection' && this.#connection !== undefined)
      return this.#entries.has(key) ? 'ok' : this.#connection.#put(key, entry)
    const before = this.#entries.get(key)
    // Envoy leaves what is there for another time as it is, and does not say so.
    if ((before !== undefined && before.span !== entry.span) || this.#connection?.entry(key) !== undefined)
      return 'ok'
    const bytes = this.#bytes + entry.bytes - (before?.bytes ?? -key.length)
    const isFull = before === undefined && this.#entries.size >= this.#limits.stateEntriesMax
    if (isFull || bytes > this.#limits.stateBytesMax) return 'over-limit'
    this.#bytes = bytes
    this.#entries.set(key, entry)
    return 'ok'
  }
}

/** As Envoy has them. */
const PROPERTY_PREFIX = 'wasm.'
