import type { Build, GoModule } from '@quadrant/proto'

/** A module inside of builds, once for each version. */
export interface ModuleRow {
  readonly path: string
  readonly version: string
  readonly sum: string
  /** `path@version` of what stands in its place; empty where it is itself. */
  readonly replacement: string
  /** It is what was built, not what it was built with. */
  readonly isMain: boolean
  /** Builds that have it. */
  readonly builds: readonly Build[]
  /** Another of these builds has it in another version. */
  readonly differs: boolean
}

/** All modules of some builds: the main ones first, then by path. */
export function moduleRows(builds: readonly Build[]): readonly ModuleRow[] {
  const rows = new Map<string, { module: GoModule; isMain: boolean; builds: Build[] }>()
  for (const build of builds) {
    const add = (module: GoModule, isMain: boolean) => {
      const key = `${isMain ? 'main' : ''} ${module.path}@${module.version} ${module.sum} ${nameOf(module.replacement)}`
      const row = rows.get(key)
      if (row) row.builds.push(build)
      else rows.set(key, { module, isMain, builds: [build] })
    }
    if (build.mainModule) add(build.mainModule, true)
    for (const module of build.dependencies) add(module, false)
  }
  const versions = new Map<string, Set<string>>()
  for (const { module } of rows.values()) {
    const known = versions.get(module.path) ?? new Set()
    versions.set(module.path, known.add(`${module.version} ${nameOf(module.replacement)}`))
  }
  return [...rows.values()]
    .map(({ module, isMain, builds: having }): ModuleRow => ({
      path: module.path,
      version: module.version,
      sum: module.replacement?.sum || module.sum,
      replacement: nameOf(module.replacement),
      isMain,
      builds: having,
      differs: (versions.get(module.path)?.size ?? 0) > 1,
    }))
    .sort(
      (a, b) =>
        Number(b.isMain) - Number(a.isMain) ||
        (a.path === b.path ? (a.version < b.version ? -1 : 1) : a.path < b.path ? -1 : 1),
    )
}

function nameOf(module: GoModule | undefined): string {
  if (!module) return ''
  return module.version === '' ? module.path : `${module.path}@${module.version}`
}
