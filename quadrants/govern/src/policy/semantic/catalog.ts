import { comparePrecedence } from '../attachment/precedence.ts'
import { isPolicy } from '../attachment/levels.ts'
import type { ReadDocument } from '../document/document.ts'
import { routeMatchKeys } from './match-keys.ts'

/** A document at its place among all. */
export interface Declared {
  readonly file: string
  /** Among the documents of its file. */
  readonly index: number
  /** Offset of its text in the file. */
  readonly start: number
  readonly document: ReadDocument
}

/** Answers of the catalog; what was asked is remembered, so that it is asked again when the answer changes. */
export interface Lookup {
  /** In order of files and documents. */
  find(key: string): readonly Declared[]
  /** Which of them wins a conflict. */
  first(key: string): Declared | undefined
}

export function objectKey(group: string, kind: string, namespace: string, name: string): string {
  return `object ${group}/${kind} ${namespace}/${name}`
}

/** All of a kind in a namespace: for what somebody may have meant. */
export function namesKey(group: string, kind: string, namespace: string): string {
  return `names ${group}/${kind} ${namespace}`
}

export function grantsKey(namespace: string): string {
  return `grants ${namespace}`
}

export function policiesKey(
  policyKind: string,
  target: { readonly group: string; readonly kind: string; readonly name: string },
  namespace: string,
): string {
  return `policies ${policyKind} ${target.group}/${target.kind} ${namespace}/${target.name}`
}

/** Everything by which a document is found. */
export function keysOf({ declares, resource }: ReadDocument): readonly string[] {
  const keys: string[] = []
  if (declares) {
    const { group, kind, namespace, name } = declares
    keys.push(objectKey(group, kind, namespace, name), namesKey(group, kind, namespace))
  }
  if (resource === undefined) return keys
  const { namespace } = resource.metadata
  if (resource.kind === 'ReferenceGrant') keys.push(grantsKey(namespace))
  if (isPolicy(resource))
    for (const target of resource.spec.targetRefs) keys.push(policiesKey(resource.kind, target, namespace))
  if (resource.kind === 'HTTPRoute' || resource.kind === 'GRPCRoute') keys.push(...routeMatchKeys(resource))
  return [...new Set(keys)]
}

/** All documents by their keys, and who has asked for which. */
export class Catalog {
  readonly #entries = new Map<string, Declared[]>()
  readonly #firsts = new Map<string, Declared | undefined>()
  readonly #askers = new Map<string, Set<Declared>>()
  readonly #asked = new Map<Declared, Set<string>>()

  /** Gives those who have to be checked again. */
  add(declared: Declared): ReadonlySet<Declared> {
    return this.#change(declared, (entries) => {
      // Files mostly come in their order.
      const last = entries.at(-1)
      if (last === undefined || compareOrder(last, declared) <= 0) entries.push(declared)
      else
        entries.splice(
          entries.findIndex((other) => compareOrder(declared, other) < 0),
          0,
          declared,
        )
    })
  }

  remove(declared: Declared): ReadonlySet<Declared> {
    const dirty = new Set(
      this.#change(declared, (entries) => {
        const at = entries.indexOf(declared)
        if (at !== -1) entries.splice(at, 1)
      }),
    )
    this.#forget(declared)
    dirty.delete(declared)
    return dirty
  }

  /** A view for one check of `asker`: what it asked before is forgotten. */
  lookupFor(asker: Declared): Lookup {
    this.#forget(asker)
    const asked = new Set<string>()
    this.#asked.set(asker, asked)
    const note = (key: string) => {
      if (asked.has(key)) return
      asked.add(key)
      const askers = this.#askers.get(key)
      if (askers) askers.add(asker)
      else this.#askers.set(key, new Set([asker]))
    }
    return {
      find: (key) => {
        note(key)
        return this.#entries.get(key) ?? NONE
      },
      first: (key) => {
        note(key)
        return this.#first(key)
      },
    }
  }

  /** For who asks once, and wants to be told nothing later. */
  peek(key: string): readonly Declared[] {
    return this.#entries.get(key) ?? NONE
  }

  #first(key: string): Declared | undefined {
    if (this.#firsts.has(key)) return this.#firsts.get(key)
    let first: Declared | undefined
    for (const declared of this.#entries.get(key) ?? NONE)
      if (!first || comparePrecedence(declared.document.resource!, first.document.resource!) < 0)
        first = declared
    this.#firsts.set(key, first)
    return first
  }

  #change(declared: Declared, change: (entries: Declared[]) => void): ReadonlySet<Declared> {
    const dirty = new Set<Declared>()
    for (const key of keysOf(declared.document)) {
      const entries = this.#entries.get(key) ?? []
      change(entries)
      if (entries.length === 0) this.#entries.delete(key)
      else this.#entries.set(key, entries)
      this.#firsts.delete(key)
      for (const asker of this.#askers.get(key) ?? []) dirty.add(asker)
    }
    return dirty
  }

  #forget(asker: Declared): void {
    for (const key of this.#asked.get(asker) ?? []) {
      const askers = this.#askers.get(key)
      askers?.delete(asker)
      if (askers?.size === 0) this.#askers.delete(key)
    }
    this.#asked.delete(asker)
  }
}

const NONE: readonly Declared[] = []

export function compareOrder(a: Declared, b: Declared): number {
  return a.file === b.file ? a.index - b.index : a.file < b.file ? -1 : 1
}
