/** A module in a build. */
export interface GoModule {
  readonly path: string
  /** Empty for a module that was replaced by a folder; `(devel)` for a main module outside of version control. */
  readonly version: string
  /** `h1:` and the hash of its content, as in go.sum; empty where there is none. */
  readonly sum: string
  /** What was built in its place. */
  readonly replace?: GoModule
}

export interface BuildSetting {
  readonly key: string
  readonly value: string
}

/** What the Go command wrote into a binary: what `go version -m` prints. */
export interface BuildInfo {
  /** The toolchain: `go1.26.8`, with experiments that are not its default behind ` X:`. See `parseGoVersion`. */
  readonly goVersion: string
  /** The import path of package main; empty where the build had no modules. */
  readonly path: string
  readonly main?: GoModule
  readonly dependencies: readonly GoModule[]
  /** `-ldflags`, `CGO_ENABLED`, `vcs.revision` and the like, in the order they stand in. */
  readonly settings: readonly BuildSetting[]
}

/** Where the code came from. */
export interface VcsState {
  /** `git`, `hg`, `svn`, `bzr`, `fossil`. */
  readonly system: string
  readonly revision?: string
  /** The commit's time, RFC 3339. */
  readonly time?: string
  /** True where files differed from the revision; undefined where the Go command did not tell. */
  readonly modified?: boolean
}

export function buildSetting(info: BuildInfo, key: string): string | undefined {
  return info.settings.find((setting) => setting.key === key)?.value
}

/** Undefined where the build did not look at version control. */
export function vcsState(info: BuildInfo): VcsState | undefined {
  const system = buildSetting(info, 'vcs')
  if (system === undefined) return undefined
  const modified = buildSetting(info, 'vcs.modified')
  return {
    system,
    revision: buildSetting(info, 'vcs.revision'),
    time: buildSetting(info, 'vcs.time'),
    modified: modified === undefined ? undefined : modified === 'true',
  }
}
