export { type BlockCacheOptions } from './block-cache.ts'
export { buildSetting, vcsState } from './build-info/build-info.ts'
export type { BuildInfo, BuildSetting, GoModule, VcsState } from './build-info/build-info.ts'
export { parseGoVersion, type GoVersion } from './build-info/go-version.ts'
export { findModuleText } from './build-info/find-module-text.ts'
export { readBuildInfo } from './build-info/read-build-info.ts'
export { bytesSource, type ByteSource } from './byte-source.ts'
export {
  addressOf,
  fileOffsetOf,
  openElf,
  readAddress,
  sectionNamed,
  type Architecture,
  type ElfImage,
} from './elf/elf-image.ts'
export { readBuildIds, type BuildIds } from './elf/note.ts'
export type { ElfSection } from './elf/section.ts'
export type { ElfSegment } from './elf/segment.ts'
export {
  elfFunctionAt,
  elfFunctionIndexAt,
  findElfSymbols,
  readElfFunctions,
  type ElfFunctions,
  type ElfSymbol,
} from './elf/symbol.ts'
export { GolangError, type GolangErrorCode } from './error.ts'
export { openGoBinary, type GoBinary } from './go-binary.ts'
export { findFunctions } from './pclntab/find-functions.ts'
export { findPclntab, type PclntabPlace } from './pclntab/find-pclntab.ts'
export { framesAt, type Frame } from './pclntab/frames.ts'
export { functionAt, goFunction } from './pclntab/function-name.ts'
export {
  functionIndexAt,
  heldBytes,
  readFunctionTable,
  readThrough,
  type DecodedOptions,
  type FunctionTable,
  type FunctionTableOptions,
  type GoFunction,
} from './pclntab/function-table.ts'
export type { PclntabFormat, PclntabHeader } from './pclntab/header.ts'
export { decodeProfile } from './pprof/decode-profile.ts'
export { encodeProfile } from './pprof/encode-profile.ts'
export type {
  PprofFunction,
  PprofLabel,
  PprofLine,
  PprofLocation,
  PprofMapping,
  PprofProfile,
  PprofSample,
  PprofValueType,
} from './pprof/profile.ts'
export type { AddressRange } from './runtime/data-references.ts'
export { gcReadPlan, type GcRead, type GcReadName } from './runtime/gc-read-plan.ts'
export { HEAP_GOAL_FIELDS, heapGoalBytes } from './runtime/heap-goal.ts'
export { readGoFigures, type GoFigures } from './runtime/figures.ts'
export type { FieldValues, ProcessMemory } from './runtime/memory.ts'
export type { RuntimeField, RuntimeStruct, RuntimeVariable } from './runtime/field.ts'
export { runtimeLayout, type RuntimeLayout } from './runtime/layout.ts'
export { findModuleData, type ModuleData } from './runtime/module-data.ts'
export type { FieldPlace, RuntimeRelease, VariableAnchor, VariableAnchors } from './runtime/release.ts'
export { tlsLayout, type TlsLayout } from './tls/tls-layout.ts'
export { findRuntimeVariables, type RuntimeVariables, type VariablePlace } from './runtime/variables.ts'
