import type { YamlPath } from '../policy/yaml/yaml-node.ts'

/** A resource by what it is called. */
export interface ResourceKey {
  readonly group: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

/** Where something was said: a field of a resource. `PolicyWorkspace.locate` knows its file, line and column. */
export interface Origin {
  readonly resource: ResourceKey
  /** From the root of the document: `['spec', 'rules', 0, 'action']`. */
  readonly path: YamlPath
}

export function shownKey({ kind, namespace, name }: ResourceKey): string {
  return `${kind} ${namespace}/${name}`
}

/** As in names of generated resources and in maps. */
export function keyText({ group, kind, namespace, name }: ResourceKey): string {
  return `${group}/${kind}/${namespace}/${name}`
}

/** A part of what was said there. */
export function within(origin: Origin, ...path: YamlPath): Origin {
  return { resource: origin.resource, path: [...origin.path, ...path] }
}
