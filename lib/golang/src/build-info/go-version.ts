/** A toolchain's version, taken apart. */
export interface GoVersion {
  /** As it stood. */
  readonly text: string
  /** 26 in `go1.26.8`. The language has had no major version but 1. */
  readonly minor: number
  /** 8 in `go1.26.8`; 0 where it has none. */
  readonly patch: number
  /** `rc1`, `beta2`, `devel`; undefined for a release. */
  readonly prerelease?: string
  /** GOEXPERIMENT beside the toolchain's default, as `nodwarf5`: they can change the runtime's layout. */
  readonly experiments: readonly string[]
  /** What a distributor put behind it: `(Red Hat 1.19.6-1.el9)`, `-custom`. */
  readonly suffix: string
}

const VERSION =
  /^(devel )?go1\.(\d{1,4})(?!\d)(?:\.(\d{1,4}))?(?:(rc|beta)(\d{1,4}))?(-devel_\w+|-[0-9a-f]{7,40})?(.*)$/s

/** Undefined where it is no version of Go's own toolchain (gccgo, TinyGo). */
export function parseGoVersion(text: string): GoVersion | undefined {
  const match = VERSION.exec(text)
  if (match === null) return undefined
  const [, devel, minor, patch, stage, stageNumber, commit, rest = ''] = match
  const experiments = /(?:^| )X:(\S+)/.exec(rest)
  return {
    text,
    minor: Number(minor),
    patch: Number(patch ?? 0),
    prerelease: devel !== undefined || commit !== undefined ? 'devel' : stage && `${stage}${stageNumber}`,
    experiments: experiments === null ? [] : experiments[1]!.split(',').filter((name) => name !== ''),
    suffix: rest.replace(experiments?.[0] ?? '', '').trim(),
  }
}
