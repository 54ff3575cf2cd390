import type { Diagnostic } from '@quadrant/core'
import type { BuildInfo } from './build-info/build-info.ts'
import { parseGoVersion, type GoVersion } from './build-info/go-version.ts'
import { readBuildInfo } from './build-info/read-build-info.ts'
import type { ByteSource } from './byte-source.ts'
import { openElf, type ElfImage } from './elf/elf-image.ts'
import { readBuildIds, type BuildIds } from './elf/note.ts'
import { GolangError } from './error.ts'
import { findPclntab } from './pclntab/find-pclntab.ts'
import { limitReads } from './read-limit.ts'
import { readFunctionTable, type FunctionTable } from './pclntab/function-table.ts'
import { releaseOfMinor } from './runtime/layout.ts'
import { findModuleData, type ModuleData } from './runtime/module-data.ts'

/** All that a Go program's file tells. Reads go on through `source`: keep it open as long as this is used. */
export interface GoBinary {
  readonly image: ElfImage
  readonly buildIds: BuildIds
  readonly buildInfo: BuildInfo | undefined
  /** Undefined where build information has none, or one that is not the Go toolchain's. */
  readonly version: GoVersion | undefined
  readonly moduleData: ModuleData
  readonly functions: FunctionTable
  readonly diagnostics: readonly Diagnostic[]
}

/** To open a program takes reading less than three times its bytes, and what it takes for the smallest. */
const READ_FACTOR = 8
const READ_BYTES_MIN = 16 << 20
/** A second's work, however large the file says that it is: holes in it cost whoever made it nothing. */
const READ_BYTES_MAX = 512 << 20

/**
 * Opens a Go program: stripped or not, position independent or not, with C code in it or not.
 *
 * @throws {GolangError} `elf`, `not-go`, `pclntab`, `moduledata`, `read`, `limit`
 */
export function openGoBinary(source: ByteSource): GoBinary {
  const limited = limitReads(
    source,
    Math.min(READ_BYTES_MIN + source.byteLength * READ_FACTOR, READ_BYTES_MAX),
  )
  const binary = readBinary(limited.source)
  limited.lift()
  return binary
}

function readBinary(source: ByteSource): GoBinary {
  const image = openElf(source)
  const buildIds = readBuildIds(image)
  const { value: buildInfo, diagnostics } = readBuildInfo(image)
  const version = buildInfo && parseGoVersion(buildInfo.goVersion)
  const place = findPclntab(image)
  const release = version && releaseOfMinor(version, image.architecture)
  const moduleData = findModuleData(image, place, release)
  const { text, gofunc } = moduleData
  if (
    !image.segments.some(
      ({ address, memoryBytes }) => text.start >= address && text.end <= address + memoryBytes,
    )
  )
    throw new GolangError('moduledata', `code at 0x${text.start.toString(16)}: in no segment`)
  const functions = readFunctionTable(image, place, {
    text: text.start,
    gofunc,
    wrapperKind: release?.wrapperKind,
  })
  const found = [...diagnostics]
  if (gofunc === undefined && place.header.format !== 16)
    found.push({
      code: 'GOFN001',
      severity: 'warning',
      message: `${buildInfo?.goVersion ?? 'an unknown Go version'}: where it keeps inlined calls is not known, so they are told as their callers`,
    })
  return { image, buildIds, buildInfo, version, moduleData, functions, diagnostics: found }
}
