/** A value of a document, and where it stands: offsets in UTF-16 code units from the start of the document, half open. */
export type YamlNode = YamlScalar | YamlList | YamlMap

export interface YamlScalar {
  readonly kind: 'scalar'
  readonly value: string | number | boolean | null
  readonly start: number
  readonly end: number
}

export interface YamlList {
  readonly kind: 'list'
  readonly items: readonly YamlNode[]
  readonly start: number
  readonly end: number
}

export interface YamlMap {
  readonly kind: 'map'
  readonly entries: readonly YamlEntry[]
  readonly start: number
  readonly end: number
}

export interface YamlEntry {
  readonly key: string
  readonly keyStart: number
  readonly keyEnd: number
  readonly value: YamlNode
}

/** Keys of mappings and indexes of lists, from the top of a document. */
export type YamlPath = readonly (string | number)[]

/** What stands under a key. */
export function valueOf(node: YamlNode | undefined, key: string): YamlNode | undefined {
  return node?.kind === 'map' ? node.entries.find((entry) => entry.key === key)?.value : undefined
}

/** The text under a key; undefined where something else is there, or nothing. */
export function textOf(node: YamlNode | undefined, key: string): string | undefined {
  const value = valueOf(node, key)
  return value?.kind === 'scalar' && typeof value.value === 'string' ? value.value : undefined
}

/**
 * Where a path leads: the value there, or its key where `isKey`, or as far as the path goes what it would be in. A
 * value that spans lines is shown by its key, which says more than a page of text.
 */
export function placeOf(
  root: YamlNode,
  path: YamlPath,
  isKey = false,
): { readonly start: number; readonly end: number } {
  let node = root
  let place = firstOf(root)
  for (const [depth, step] of path.entries()) {
    const isLast = depth === path.length - 1
    if (node.kind === 'map') {
      const entry = node.entries.find(({ key }) => key === step)
      if (!entry) return place
      const isShown =
        entry.value.kind === 'scalar' && entry.value.end > entry.value.start && !(isKey && isLast)
      place = isShown
        ? { start: entry.value.start, end: entry.value.end }
        : { start: entry.keyStart, end: entry.keyEnd }
      node = entry.value
    } else if (node.kind === 'list') {
      const item = node.items[Number(step)]
      if (!item) return place
      place = firstOf(item)
      node = item
    } else return place
  }
  return place
}

/** A value, or of a mapping the first key. */
export function firstOf(node: YamlNode): { readonly start: number; readonly end: number } {
  if (node.kind === 'scalar') return { start: node.start, end: Math.max(node.end, node.start + 1) }
  const first = node.kind === 'map' ? node.entries[0] : undefined
  return first
    ? { start: first.keyStart, end: first.keyEnd }
    : { start: node.start, end: Math.max(node.start + 1, Math.min(node.end, node.start + 2)) }
}

/** A plain value as a document has it, without places: for values that programs make. */
export function nodeOf(value: unknown, depth = 0): YamlNode {
  const place = { start: 0, end: 0 }
  if (depth > VALUE_DEPTH_MAX) throw new RangeError(`a value of more than ${VALUE_DEPTH_MAX} levels`)
  if (Array.isArray(value))
    return { kind: 'list', items: value.map((item) => nodeOf(item, depth + 1)), ...place }
  if (typeof value === 'object' && value !== null)
    return {
      kind: 'map',
      entries: Object.entries(value)
        .filter(([, one]) => one !== undefined)
        .map(([key, one]) => ({ key, keyStart: 0, keyEnd: 0, value: nodeOf(one, depth + 1) })),
      ...place,
    }
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || value === null)
    return { kind: 'scalar', value, ...place }
  throw new TypeError(`no document can have a ${typeof value}`)
}

const VALUE_DEPTH_MAX = 64

/** The plain value of a node. */
export function plainOf(node: YamlNode): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.value
    case 'list':
      return node.items.map(plainOf)
    case 'map': {
      // Defined, not assigned: `__proto__` is a key like any other.
      const plain: Record<string, unknown> = {}
      for (const { key, value } of node.entries)
        Object.defineProperty(plain, key, {
          value: plainOf(value),
          enumerable: true,
          configurable: true,
          writable: true,
        })
      return plain
    }
  }
}
