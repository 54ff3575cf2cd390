import { lstatSync, readFileSync, writeFileSync } from 'node:fs'
import {
  ExtendError,
  publicPemOf,
  readSigningKey,
  TrustedKeys,
  type SigningKey,
} from '@quadrant/extend/release'
import { CliError } from '../cli-error.ts'

const FILE_BYTES_MAX = 16 << 10
/** Others of its group, and everybody else. */
const OTHERS = 0o077

/**
 * A private key. One that others can read is no secret any more, and refused.
 *
 * @throws {CliError} QDR-C013 where it cannot be read, QDR-C023 where it is no key to sign with
 */
export function readKeyFile(path: string): SigningKey {
  const { pem, mode } = readPem(path)
  if ((mode & OTHERS) !== 0)
    throw new CliError('QDR-C023', `${path} can be read by others (mode ${(mode & 0o777).toString(8)})`, {
      fix: `chmod 600 ${path}, and make a new key if somebody may have read it`,
    })
  return asKey(path, () => readSigningKey(pem))
}

/** The text of a public key. @throws {CliError} as `readKeyFile` */
function readPublicPem(path: string): string {
  return readPem(path).pem
}

/** Keys that sign, and others of which the public part is in a file: their signatures count. @throws {CliError} as `readKeyFile` */
export function readTrustedKeys(keys: readonly SigningKey[], paths: readonly string[]): TrustedKeys {
  const pems = paths.map((path) => {
    const pem = readPublicPem(path)
    asKey(path, () => TrustedKeys.of([pem]))
    return pem
  })
  return TrustedKeys.of([...keys.map(publicPemOf), ...pems])
}

/** Runs what reads a key. @throws {CliError} QDR-C023 */
function asKey<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof ExtendError)) throw cause
    throw new CliError('QDR-C023', `${path}: ${cause.message}`, {
      fix: 'quadrant filter keygen makes a pair of keys',
      cause,
    })
  }
}

/** Writes a file that is not there yet. @throws {CliError} QDR-C015 */
export function writeNew(path: string, text: string, mode: number): void {
  try {
    writeFileSync(path, text, { mode, flag: 'wx' })
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    throw new CliError(
      'QDR-C015',
      code === 'EEXIST'
        ? `${path} is there already: keys are not overwritten`
        : `${path} cannot be written: ${message}`,
      { fix: 'give another --out', cause },
    )
  }
}

function readPem(path: string): { readonly pem: string; readonly mode: number } {
  try {
    const { size, mode } = lstatSync(path)
    if (size > FILE_BYTES_MAX) throw new Error('it is too large for a key')
    return { pem: readFileSync(path, 'utf8'), mode }
  } catch (cause) {
    throw new CliError('QDR-C013', `${path} cannot be read: ${(cause as Error).message}`, { cause })
  }
}
