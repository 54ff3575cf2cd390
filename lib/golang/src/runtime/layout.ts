import type { Architecture } from '../elf/elf-image.ts'
import { parseGoVersion, type GoVersion } from '../build-info/go-version.ts'
import { GolangError } from '../error.ts'
import { RUNTIME_RELEASES } from '../gen/runtime-tables.ts'
import type { RuntimeRelease } from './release.ts'

/** The layout of a program's runtime, and on what ground it is believed. */
export interface RuntimeLayout extends RuntimeRelease {
  readonly version: GoVersion
  /**
   * `exact` where the very toolchain was read; `between` where an older and a newer one of the same minor release were,
   * and agree; `newer` where it is a later patch release than all that were read.
   */
  readonly ground: 'exact' | 'between' | 'newer'
}

/** Experiments that leave the runtime's structs and code as they are. */
const HARMLESS_EXPERIMENTS: ReadonlySet<string> = new Set([
  'boringcrypto',
  'dwarf5',
  'jsonv2',
  'nodwarf5',
  'nojsonv2',
  'nocoverageredesign',
  'coverageredesign',
  'loopvar',
  'rangefunc',
  'aliastypeparams',
  'noaliastypeparams',
])

export interface RuntimeLayoutOptions {
  /**
   * Take patch releases that are later than all we have read for like the last of these. Patch releases have moved
   * fields (1.23.4), so what is read by such a layout must be checked otherwise. Default false: they are refused.
   */
  readonly allowNewer?: boolean
}

/**
 * The layout of a Go version's runtime. Nothing is guessed: what was not read from a toolchain is refused.
 *
 * @param goVersion as build information has it
 * @throws {GolangError} `version` for a release we have no table of, a development version, or an experiment that may
 *   lay the runtime out in another way
 */
export function runtimeLayout(
  goVersion: string,
  architecture: Architecture,
  options: RuntimeLayoutOptions = {},
): RuntimeLayout {
  const version = parseGoVersion(goVersion)
  if (version === undefined) throw new GolangError('version', `${goVersion}: no version of Go`)
  if (version.prerelease !== undefined)
    throw new GolangError('version', `${goVersion}: not a release, so its layout is not known`)
  const changing = version.experiments.find((name) => !HARMLESS_EXPERIMENTS.has(name))
  if (changing !== undefined)
    throw new GolangError('version', `${goVersion}: built with the experiment ${changing}`)
  const release = releaseOf(version, architecture)
  const ground = release && groundOf(release, version)
  if (release === undefined || ground === undefined || ground === 'older') {
    const known = RUNTIME_RELEASES.flatMap(({ toolchains }) => [toolchains.at(-1)!, toolchains[0]!])
    throw new GolangError(
      'version',
      `${goVersion} on ${architecture}: layouts are known from ${known[0]} to ${known.at(-1)}`,
    )
  }
  if (ground === 'newer' && options.allowNewer !== true)
    throw new GolangError(
      'version',
      `${goVersion}: newer than ${release.toolchains[0]}, the last we know of it`,
    )
  return { ...release, version, ground }
}

/**
 * The table of a version's minor release, for module data and function tables: these have been the same in all patch
 * releases that we compared, and module data is checked where it is read.
 */
export function releaseOfMinor(version: GoVersion, architecture: Architecture): RuntimeRelease | undefined {
  return releasesOf(version, architecture).at(-1)
}

/** The table for a version; that of the last patch release we know for a newer one, and undefined for other gaps. */
function releaseOf(version: GoVersion, architecture: Architecture): RuntimeRelease | undefined {
  const releases = releasesOf(version, architecture)
  const fits = releases.find((release) => ['exact', 'between'].includes(groundOf(release, version)))
  const areOlder = releases.every((release) => groundOf(release, version) === 'newer')
  return fits ?? (areOlder ? releases.at(-1) : undefined)
}

function releasesOf({ minor }: GoVersion, architecture: Architecture): readonly RuntimeRelease[] {
  return RUNTIME_RELEASES.filter(
    (release) => release.minor === minor && release.architecture === architecture,
  )
}

function groundOf(release: RuntimeRelease, version: GoVersion): RuntimeLayout['ground'] | 'older' {
  const patches = release.toolchains.map((toolchain) => parseGoVersion(toolchain)?.patch ?? 0)
  if (patches.includes(version.patch)) return 'exact'
  if (version.patch > Math.max(...patches)) return 'newer'
  return version.patch > Math.min(...patches) ? 'between' : 'older'
}
