import type { Origin } from './origin.ts'

/** Where the fields of something generated come from: of each object and, where it differs, of its fields. */
export class SourceMap {
  readonly #objects = new WeakMap<object, Origin>()
  readonly #fields = new WeakMap<object, Map<string | number, Origin>>()

  /** Gives the object itself, so that it can be noted where it is made. */
  note<T extends object>(
    object: T,
    origin: Origin | undefined,
    fields: Readonly<Record<string, Origin | undefined>> = {},
  ): T {
    if (origin) this.#objects.set(object, origin)
    for (const [field, fieldOrigin] of Object.entries(fields)) {
      if (!fieldOrigin) continue
      const known = this.#fields.get(object)
      if (known) known.set(field, fieldOrigin)
      else this.#fields.set(object, new Map([[field, fieldOrigin]]))
    }
    return object
  }

  /** The origin of what lies at `path` of `root`, or of the nearest around it. */
  originOf(root: object, path: readonly (string | number)[]): Origin | undefined {
    let origin = this.#objects.get(root)
    let at: unknown = root
    for (const step of path) {
      if (typeof at !== 'object' || at === null) break
      origin = this.#fields.get(at)?.get(step) ?? origin
      at = (at as Readonly<Record<string | number, unknown>>)[step]
      if (typeof at === 'object' && at !== null) origin = this.#objects.get(at) ?? origin
    }
    return origin
  }
}
