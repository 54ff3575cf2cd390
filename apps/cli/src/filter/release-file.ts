import { readFileSync, statSync } from 'node:fs'
import { fromBinary } from '@bufbuild/protobuf'
import { readRelease, RELEASE_BYTES_MAX } from '@quadrant/extend/release'
import { SignedReleaseSchema, type FilterRelease, type SignedRelease } from '@quadrant/proto'
import { CliError } from '../cli-error.ts'

/** What the signature of a module is called that lies beside it. */
export function signedFileOf(module: string): string {
  return `${withoutEnding(module)}.signed`
}

/** A module and its signed manifest, by the name of either of them. */
export function filesOf(path: string): { readonly module: string; readonly signed: string } {
  return path.endsWith('.signed')
    ? { module: `${withoutEnding(path)}.wasm`, signed: path }
    : { module: path, signed: signedFileOf(path) }
}

export interface ReleaseFile {
  readonly signed: SignedRelease
  readonly release: FilterRelease
}

/** @throws {CliError} QDR-C013 where it cannot be read, QDR-C024 where it is no signed manifest */
export function readReleaseFile(path: string): ReleaseFile {
  const bytes = readBytes(path, 2 * RELEASE_BYTES_MAX)
  let signed: SignedRelease
  try {
    signed = fromBinary(SignedReleaseSchema, bytes)
  } catch (cause) {
    throw new CliError('QDR-C024', `${path} is no signed manifest`, { fix: 'quadrant filter sign', cause })
  }
  const read = readRelease(signed.release)
  if ('refusal' in read)
    throw new CliError('QDR-C024', `${path} is no signed manifest: ${read.refusal.reason}`, {
      fix: 'quadrant filter sign',
    })
  return { signed, release: read.release }
}

/** @throws {CliError} QDR-C013 where it cannot be read */
export function readBytes(path: string, bytesMax: number): Uint8Array {
  try {
    const { size } = statSync(path)
    if (size > bytesMax) throw new Error(`it has ${size} bytes, at most ${bytesMax} are read`)
    return new Uint8Array(readFileSync(path))
  } catch (cause) {
    throw new CliError('QDR-C013', `${path} cannot be read: ${(cause as Error).message}`, { cause })
  }
}

function withoutEnding(path: string): string {
  return path.replace(/\.(wasm|signed)$/, '')
}
