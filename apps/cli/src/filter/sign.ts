import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { toBinary, type MessageInitShape } from '@bufbuild/protobuf'
import { capabilityOfImport, ExtendError, signRelease, type FilterCapability } from '@quadrant/extend/release'
import { FilterFailure, FilterReleaseSchema, SignedReleaseSchema, type FilterRelease } from '@quadrant/proto'
import { inspectModule, WasmError, type ModuleReport } from '@quadrant/wasm'
import { CliError, usageError } from '../cli-error.ts'
import { note, type Context } from '../context.ts'
import { jsonDocument, jsonEncoder } from '../output/json.ts'
import { printable } from '../output/printable.ts'
import { readKeyFile } from './key-file.ts'
import { readBytes, readReleaseFile, signedFileOf } from './release-file.ts'
import { releaseText } from './release-text.ts'

/** As much as a server keeps of one. */
export const MODULE_BYTES_MAX = 64 << 20
const CONFIGURATION_BYTES_MAX = 128 << 10

export interface FilterSignFlags {
  readonly key: readonly string[]
  readonly name: string
  readonly version: bigint
  readonly rootId?: string
  readonly vmId?: string
  readonly config?: string
  readonly vmConfig?: string
  readonly capability?: readonly FilterCapability[]
  readonly fuel?: number
  readonly callMs?: number
  readonly memory?: number
  readonly calls?: number
  readonly failOpen?: boolean
  /** Seconds. */
  readonly validFor: number
  /** Milliseconds of the Unix epoch. */
  readonly notBefore?: string
  readonly note?: string
  readonly out?: string
  readonly output: 'table' | 'json'
}

/**
 * `quadrant filter sign`.
 *
 * @throws {CliError} QDR-C013, QDR-C015 for files, QDR-C018 where it is no filter, QDR-C023 for keys
 */
export function runFilterSign(context: Context, flags: FilterSignFlags, file: string): void {
  const keys = flags.key.map(readKeyFile)
  const module = readBytes(file, MODULE_BYTES_MAX)
  const { abi, capabilities } = needsOf(file, module)
  const nowMs = context.now()
  const notBeforeMs = flags.notBefore === undefined ? nowMs : Date.parse(flags.notBefore)
  if (Number.isNaN(notBeforeMs))
    throw usageError(`--not-before ${flags.notBefore} is no moment, e.g. 2026-01-31T12:00:00Z`)
  const init: MessageInitShape<typeof FilterReleaseSchema> = {
    name: flags.name,
    version: flags.version,
    moduleSha256: new Uint8Array(createHash('sha256').update(module).digest()),
    moduleBytes: module.length,
    abi,
    rootId: flags.rootId ?? '',
    vmId: flags.vmId ?? '',
    configuration: configurationOf(flags.config),
    vmConfiguration: configurationOf(flags.vmConfig),
    limits: {
      fuelPerCall: (flags.fuel ?? 0) * 1e6,
      callMs: flags.callMs ?? 0,
      memoryBytes: (flags.memory ?? 0) * 2 ** 20,
      calls: flags.calls ?? 0,
    },
    capabilities: [...(flags.capability ?? capabilities)],
    onFailure: flags.failOpen ? FilterFailure.OPEN : FilterFailure.CLOSED,
    notBeforeNs: notBeforeMs * 1e6,
    expiresNs: (notBeforeMs + flags.validFor * 1000) * 1e6,
    note: flags.note ?? '',
  }
  const path = flags.out ?? signedFileOf(file)
  try {
    writeFileSync(path, toBinary(SignedReleaseSchema, signRelease(init, keys)))
  } catch (cause) {
    if (cause instanceof ExtendError) throw new CliError('QDR-C024', printable(cause.message), { cause })
    throw new CliError('QDR-C015', `${path} cannot be written: ${(cause as Error).message}`, { cause })
  }
  const { release } = readReleaseFile(path)
  show(context, flags.output, release)
  note(context, `${path} is written: ${context.command} filter push ${path}`)
}

function show(context: Context, output: 'table' | 'json', release: FilterRelease): void {
  context.stdout.write(
    output === 'json'
      ? jsonDocument(jsonEncoder(FilterReleaseSchema)(release))
      : releaseText(release, context),
  )
}

/** What a module asks its host for, by what it imports; its ABI, by what it exports. */
function needsOf(file: string, bytes: Uint8Array): { abi: string; capabilities: FilterCapability[] } {
  let report: ModuleReport
  try {
    report = inspectModule(bytes)
  } catch (cause) {
    if (!(cause instanceof WasmError)) throw cause
    throw new CliError('QDR-C018', `${file} is no module: ${printable(cause.message)}`, { cause })
  }
  const abi = /^proxy-wasm (.+)$/.exec(report.abi)?.[1]
  if (abi === undefined)
    throw new CliError('QDR-C018', `${file} is no filter of proxy-wasm: it exports no proxy_abi_version_…`, {
      fix: `quadrant wasm inspect ${file} says what it is`,
    })
  const needed = report.capabilities
    .flatMap(({ imports }) => imports)
    .flatMap(
      (name) => capabilityOfImport(name.slice(0, name.indexOf('.')), name.slice(name.indexOf('.') + 1)) ?? [],
    )
  return { abi, capabilities: [...new Set(needed)].sort() }
}

function configurationOf(path: string | undefined): Uint8Array {
  return path === undefined ? new Uint8Array(0) : readBytes(path, CONFIGURATION_BYTES_MAX)
}
