import { WasmError } from '../error.ts'
import { moduleDigest } from '../module/module-digest.ts'
import { ModuleReader } from '../module/module-reader.ts'
import type { CustomSection, ModuleExport, ModuleSpec } from '../module/module-spec.ts'
import { parseModule } from '../module/parse-module.ts'
import { SectionId } from '../module/sections.ts'
import { rewriteModule } from '../rewrite/rewrite-module.ts'
import { capabilitiesOf } from './capabilities.ts'
import type { ModuleAbi, ModuleReport, Producer } from './module-report.ts'

const PROXY_ABI = 'proxy_abi_version_'
/** Producers that are told. */
const PRODUCERS_MAX = 100
/** The header of a component of preview 2 in place of a module's version. */
const COMPONENT_LAYER = 1

/**
 * What a module is and asks for; nothing of it is compiled or run.
 *
 * @throws {WasmError} `module` for bytes that are none
 */
export function inspectModule(bytes: Uint8Array): ModuleReport {
  if (bytes.length >= 8 && bytes[6] === COMPONENT_LAYER && bytes[7] === 0)
    throw new WasmError('module', 'it is a component (preview 2), not a module')
  const spec = parseModule(bytes)
  const abi = abiOf(spec.exports)
  const { imports, memories } = spec
  return {
    digest: moduleDigest(bytes),
    bytes: bytes.length,
    abi,
    capabilities: capabilitiesOf(imports, abi),
    exports: spec.exports,
    memories: [
      ...memories,
      ...imports.flatMap(({ kind, limits }) => (kind === 'memory' && limits !== undefined ? [limits] : [])),
    ],
    functionCount: spec.functionTypes.length,
    codeBytes: sectionBytes(spec, SectionId.CODE),
    dataBytes: sectionBytes(spec, SectionId.DATA),
    hasStartFunction: spec.startFunction !== undefined,
    producers: producersOf(spec),
    hasNames: spec.customs.some(({ name }) => name === 'name'),
    customSections: spec.customs.map(({ name, start, end }) => ({ name, bytes: end - start })),
    metered: meteredOf(spec),
  }
}

function abiOf(exports: readonly ModuleExport[]): ModuleAbi {
  const proxy = exports.find(({ name }) => name.startsWith(PROXY_ABI))
  if (proxy !== undefined) return `proxy-wasm ${proxy.name.slice(PROXY_ABI.length).replaceAll('_', '.')}`
  const has = (wanted: string) => exports.some(({ name, kind }) => name === wanted && kind === 'function')
  if (has('_start')) return 'wasi-command'
  return has('_initialize') ? 'wasi-reactor' : 'none'
}

function sectionBytes({ sections }: ModuleSpec, wanted: number): number {
  return sections.reduce(
    (sum, { id, contentStart, end }) => sum + (id === wanted ? end - contentStart : 0),
    0,
  )
}

/** The producers section (WebAssembly tool conventions). One that cannot be read is none: nothing depends on it. */
function producersOf(spec: ModuleSpec): readonly Producer[] {
  const section = spec.customs.find(({ name }) => name === 'producers')
  if (section === undefined) return []
  try {
    return readProducers(spec.bytes, section)
  } catch (error) {
    if (error instanceof WasmError) return []
    throw error
  }
}

function readProducers(bytes: Uint8Array, section: CustomSection): readonly Producer[] {
  const reader = new ModuleReader(bytes, section.start, section.end)
  const producers: Producer[] = []
  for (let fields = reader.count(PRODUCERS_MAX, 'fields of producers'); fields > 0; fields--) {
    const field = reader.name()
    for (let values = reader.count(PRODUCERS_MAX, 'producers'); values > 0; values--) {
      const producer = { field, name: reader.name(), version: reader.name() }
      if (producers.length < PRODUCERS_MAX) producers.push(producer)
    }
  }
  return producers
}

function meteredOf(spec: ModuleSpec): ModuleReport['metered'] {
  try {
    return { bytes: rewriteModule(spec, { isMetered: true }).length }
  } catch (error) {
    if (error instanceof WasmError) return { problem: error.message }
    throw error
  }
}
