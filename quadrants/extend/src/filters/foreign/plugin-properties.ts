import { Result, type Properties } from '@quadrant/wasm/proxy-wasm'
import type { AttributeSource, PluginIdentity, StreamSource } from './attribute-source.ts'
import { serializeAttribute } from './attribute-value.ts'
import { attributeAt } from './attributes.ts'
import { Expressions } from './expressions.ts'
import { UNDECLARED, type PropertyDeclaration, type StateResult } from './filter-state.ts'
import { callForeignFunction, type ForeignContext } from './foreign-functions.ts'
import { FOREIGN_LIMITS, type ForeignLimits } from './foreign-limits.ts'
import type { NodeIdentity } from './struct-message.ts'

export interface PluginPropertiesOptions {
  readonly plugin: PluginIdentity
  /** Undefined where filters cannot ask who runs them. */
  readonly node?: NodeIdentity | undefined
  readonly limits?: ForeignLimits
}

const RESULTS: Readonly<Record<StateResult, Result>> = {
  ok: Result.OK,
  readonly: Result.BAD_ARGUMENT,
  unknown: Result.NOT_FOUND,
  malformed: Result.BAD_ARGUMENT,
  'over-limit': Result.INTERNAL_FAILURE,
}

/** A stream, and what filters can do to it here. */
export interface PropertyStream extends StreamSource {
  readonly clearRouteCache: () => void
}

/**
 * What one instance of a plugin can ask and do by names: attributes, properties of its own, and foreign functions. Itself
 * it is that of its root context, without a stream.
 */
export class PluginProperties implements Properties {
  readonly #plugin: PluginIdentity
  readonly #node: NodeIdentity | undefined
  readonly #limits: ForeignLimits
  readonly #expressions: Expressions
  readonly #declarations = new Map<string, PropertyDeclaration>()
  readonly #root: ContextProperties
  #refusedCount = 0

  constructor({ plugin, node, limits = FOREIGN_LIMITS }: PluginPropertiesOptions) {
    this.#plugin = plugin
    this.#node = node
    this.#limits = limits
    this.#expressions = new Expressions(limits)
    this.#root = this.#context(undefined, this.#declarations)
  }

  /** What was over a limit of its foreign functions and of what it keeps. */
  get refusedCount(): number {
    return this.#refusedCount
  }

  /** For a context of it with a stream. */
  ofStream(stream: PropertyStream): Properties {
    // What a stream's context declares is known nowhere else: that of the root counts when a property is set.
    return this.#context(stream, new Map())
  }

  get(path: string): Uint8Array | string | Result {
    return this.#root.get(path)
  }

  set(path: string, value: Uint8Array): Result {
    return this.#root.set(path, value)
  }

  callForeign(name: string, argument: Uint8Array): Uint8Array | Result {
    return this.#root.callForeign(name, argument)
  }

  #context(
    stream: PropertyStream | undefined,
    declarations: Map<string, PropertyDeclaration>,
  ): ContextProperties {
    return new ContextProperties(
      stream,
      {
        limits: this.#limits,
        attributes: { plugin: this.#plugin, node: this.#node, stream },
        expressions: this.#expressions,
        refused: () => {
          this.#refusedCount++
        },
      },
      declarations,
      (name) => this.#declarations.get(name) ?? UNDECLARED,
    )
  }
}

/** Of one context of the plugin. */
class ContextProperties implements Properties, ForeignContext {
  readonly limits: ForeignLimits
  readonly attributes: AttributeSource
  readonly expressions: Expressions
  readonly refused: () => void
  readonly #stream: PropertyStream | undefined
  readonly #declarations: Map<string, PropertyDeclaration>
  readonly #declared: (name: string) => PropertyDeclaration

  constructor(
    stream: PropertyStream | undefined,
    shared: Pick<ForeignContext, 'limits' | 'attributes' | 'expressions' | 'refused'>,
    declarations: Map<string, PropertyDeclaration>,
    declared: (name: string) => PropertyDeclaration,
  ) {
    this.limits = shared.limits
    this.attributes = shared.attributes
    this.expressions = shared.expressions
    this.refused = shared.refused
    this.#stream = stream
    this.#declarations = declarations
    this.#declared = declared
  }

  get(path: string): Uint8Array | string | Result {
    const value = attributeAt(this.attributes, path)
    return value === undefined ? Result.NOT_FOUND : serializeAttribute(value, this.limits.resultBytesMax)
  }

  set(path: string, value: Uint8Array): Result {
    if (this.#stream === undefined) return Result.NOT_FOUND
    return this.#counted(this.#stream.state.setProperty(path, value, this.#declared(path)))
  }

  callForeign(name: string, argument: Uint8Array): Uint8Array | Result {
    return callForeignFunction(name, argument, this)
  }

  setFilterState(...[key, value, span]: Parameters<ForeignContext['setFilterState']>): Result {
    if (this.#stream !== undefined) return this.#counted(this.#stream.state.setObject(key, value, span))
    return Result.NOT_FOUND
  }

  declareProperty(name: string, declaration: PropertyDeclaration): Result {
    if (this.#declarations.has(name)) return Result.BAD_ARGUMENT
    if (this.#declarations.size >= this.limits.declarationsMax) return this.#counted('over-limit')
    this.#declarations.set(name, declaration)
    return Result.OK
  }

  clearRouteCache(): void {
    this.#stream?.clearRouteCache()
  }

  #counted(result: StateResult): Result {
    if (result === 'over-limit') this.refused()
    return RESULTS[result]
  }
}
