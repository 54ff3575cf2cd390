import { fromBinary } from '@bufbuild/protobuf'
import { FilterReleaseSchema, type FilterRelease } from '@quadrant/proto'
import { FILTER_CAPABILITIES } from '../filters/capability.ts'
import { isCapability } from './capability.ts'
import { limitNames } from './filter-limits.ts'
import { refuse, type Refusal } from './refusal.ts'

/** Of a manifest with its configuration: what the server's API takes in one message, with room for signatures. */
export const RELEASE_BYTES_MAX = 128 << 10

export const SHA256_BYTES = 32
export const FILTER_NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/
const ID_LENGTH_MAX = 255
const NOTE_LENGTH_MAX = 1024
const FAILURE_MAX = 2

/** A manifest, or what is wrong with it. Whether it may be followed here is another question. */
export function readRelease(
  bytes: Uint8Array,
): { readonly release: FilterRelease } | { readonly refusal: Refusal } {
  let release: FilterRelease
  try {
    release = fromBinary(FilterReleaseSchema, bytes)
  } catch (error) {
    return { refusal: refuse('manifest', `it is no manifest: ${(error as Error).message}`) }
  }
  const wrong = wrongOf(release)
  return wrong === undefined ? { release } : { refusal: refuse('manifest', wrong) }
}

function wrongOf(release: FilterRelease): string | undefined {
  const { name, version, moduleSha256, moduleBytes, capabilities, limits } = release
  // What is not understood may be a restriction.
  if (release.$unknown?.length || limits?.$unknown?.length)
    return 'it has fields that this version does not know'
  if (!FILTER_NAME.test(name)) return 'its name is none of a filter'
  if (version < 1n || version > MAX_VERSION) return `its version is ${version}`
  if (release.restoresVersion >= version && release.restoresVersion > 0n)
    return 'it restores no older version'
  if (moduleSha256.length !== SHA256_BYTES) return 'its digest is not SHA-256'
  if (!Number.isSafeInteger(moduleBytes) || moduleBytes < 1) return `its module has ${moduleBytes} bytes`
  if (!isPlain(release.rootId, ID_LENGTH_MAX) || !isPlain(release.vmId, ID_LENGTH_MAX))
    return 'its root_id or vm_id is too long, or has control characters'
  if (!isPlain(release.abi, ID_LENGTH_MAX)) return 'its ABI is too long, or has control characters'
  if (!isPlain(release.note, NOTE_LENGTH_MAX)) return 'its note is too long, or has control characters'
  if (capabilities.length > FILTER_CAPABILITIES.length) return `it names ${capabilities.length} capabilities`
  const unknown = capabilities.find((capability) => !isCapability(capability))
  if (unknown !== undefined) return `${isPlain(unknown, ID_LENGTH_MAX) ? unknown : 'one'} is no capability`
  if (!(release.onFailure >= 0 && release.onFailure <= FAILURE_MAX))
    return `on_failure is ${release.onFailure}`
  if (!isTime(release.notBeforeNs) || !isTime(release.expiresNs)) return 'its times are none'
  if (release.expiresNs <= release.notBeforeNs) return 'it expires before it is valid'
  const limit = limitNames().find((each) => !isAmount(limits?.[each] ?? 0))
  return limit && `its limit ${limit} is ${limits![limit]}`
}

/** Of versions, and of numbers of orders: SQLite has 64-bit integers with a sign. */
export const MAX_VERSION = 2n ** 63n - 1n
/** The end of the year 9999: what is later has no date in text. */
const TIME_NS_MAX = Date.UTC(9999, 11, 31) * 1e6

export function isTime(ns: number): boolean {
  return ns > 0 && ns <= TIME_NS_MAX
}

function isAmount(value: number): boolean {
  return value >= 0 && value <= Number.MAX_SAFE_INTEGER
}

/** Short, and without control characters: those would reach terminals by the command line and the logs. */
export function isPlain(text: string, lengthMax: number): boolean {
  return text.length <= lengthMax && !/[\u0000-\u001f\u007f-\u009f]/.test(text) // oxlint-disable-line no-control-regex
}
