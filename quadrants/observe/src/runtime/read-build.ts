import {
  GolangError,
  openElf,
  openGoBinary,
  parseGoVersion,
  readBuildIds,
  readBuildInfo,
  runtimeLayout,
  type BuildInfo,
  type ByteSource,
  type ElfImage,
  type GoBinary,
  type GoModule as Module,
} from '@quadrant/golang'
import type { Build, GoModule } from '@quadrant/proto'
import { buildCoordinate, identifyBuild, type BuildIdentity } from './build-id.ts'
import { goEvidence } from './runtime-kind.ts'
import { toldText as text } from './told-text.ts'

/** What is told of one build at most: the largest we know has 1,400 dependencies. */
const DEPENDENCIES_MAX = 4096
const SETTINGS_MAX = 128

/** sh_type of `.symtab`. */
const SYMTAB = 2

/** What was read of an executable. */
export interface ReadBuild {
  /** Runtime `''` where it is no Go program: what else it may be is told by its processes. */
  readonly build: Build
  readonly identity: BuildIdentity
  /** A Go program whose tables could be read. Reads on through the source. */
  readonly binary?: GoBinary | undefined
  /** As build information has it, where we know that version's runtime; undefined for what is refused. */
  readonly goVersion?: string | undefined
}

/**
 * Reads an executable as far as it tells what it is. What is broken or not known is told in `refusal`.
 *
 * @param exe its path, as its process sees it
 * @throws {GolangError} `read` where the file cannot be read
 */
export function readBuild(source: ByteSource, exe: string): ReadBuild {
  const build = newBuild(text(exe), source.byteLength)
  const read = readFile(source, build)
  build.id = buildCoordinate(read.identity, build)
  return { build, ...read }
}

/** Fills in what the file tells. */
function readFile(source: ByteSource, build: Build): Omit<ReadBuild, 'build'> {
  let image
  let ids
  try {
    image = openElf(source)
    ids = readBuildIds(image)
  } catch (error) {
    if (!(error instanceof GolangError) || error.code === 'read') throw error
    // A program of another machine's or of 32 bits: it runs, and has a name.
    build.refusal = text(error.message)
    return { identity: identifyBuild(source, {}) }
  }
  const identity = identifyBuild(source, ids)
  build.goBuildId = text(ids.go ?? '')
  build.gnuBuildId = text(ids.gnu ?? '')
  build.architecture = image.architecture
  build.stripped = !image.sections.some(({ type }) => type === SYMTAB)
  const evidence = goEvidence(image, ids)
  const hidden = evidence === undefined && image.sections.length === 0
  if (evidence === undefined && !hidden) return { identity }
  const { value: info } = readBuildInfo(image)
  // Its sections were taken away: then the magic of build information is as good.
  if (info === undefined && evidence === undefined) return { identity }
  build.runtime = 'go'
  build.runtimeEvidence = evidence ?? 'build information'
  if (info) describe(build, info)
  return { identity, ...openRuntime(build, image, info) }
}

/** What `create` makes; the thread that calls this does without the protocol's code. */
function newBuild(exe: string, sizeBytes: number): Build {
  return {
    $typeName: 'quadrant.v1.Build',
    id: '',
    runtime: '',
    runtimeVersion: '',
    exe,
    sizeBytes,
    goBuildId: '',
    gnuBuildId: '',
    mainPackage: '',
    dependencies: [],
    settings: [],
    architecture: '',
    stripped: false,
    functions: 0,
    refusal: '',
    runtimeEvidence: '',
  }
}

function openRuntime(
  build: Build,
  image: ElfImage,
  info: BuildInfo | undefined,
): Omit<ReadBuild, 'build' | 'identity'> {
  try {
    const binary = openGoBinary(image.source)
    build.functions = binary.functions.header.functionCount
    if (info === undefined) throw new GolangError('version', 'the version of Go is not told by the file')
    // Refuses a version that it does not know.
    runtimeLayout(info.goVersion, image.architecture)
    return { binary, goVersion: info.goVersion }
  } catch (error) {
    if (!(error instanceof GolangError) || error.code === 'read') throw error
    build.refusal = text(error.message)
    return {}
  }
}

function describe(build: Build, info: BuildInfo): void {
  build.runtimeVersion = text(info.goVersion)
  build.mainPackage = text(info.path)
  build.mainModule = info.main && moduleOf(info.main)
  build.dependencies = info.dependencies.slice(0, DEPENDENCIES_MAX).map((module) => moduleOf(module))
  build.settings = info.settings.slice(0, SETTINGS_MAX).map(({ key, value }) => ({
    $typeName: 'quadrant.v1.BuildSetting',
    key: text(key),
    value: text(value),
  }))
}

function moduleOf({ path, version, sum, replace }: Module): GoModule {
  return {
    $typeName: 'quadrant.v1.GoModule',
    path: text(path),
    version: text(version),
    sum: text(sum),
    replacement: replace && moduleOf({ ...replace, replace: undefined }),
  }
}

/** `1.26.8` for `go1.26.8 X:nodwarf5`: what a coordinate has of a toolchain's version. */
export function goVersionName(goVersion: string): string {
  const known = parseGoVersion(goVersion)
  const word =
    goVersion.split(' ').find((part) => part.startsWith('go1')) ?? goVersion.replaceAll(/\s+/g, '-')
  return known === undefined ? word : word.slice('go'.length)
}
