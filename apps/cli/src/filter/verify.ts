import { createHash } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import { SignedKind } from '@quadrant/extend/release'
import { FilterReleaseSchema } from '@quadrant/proto'
import { ExitCode } from '../cli-error.ts'
import type { Context } from '../context.ts'
import { jsonDocument, jsonEncoder } from '../output/json.ts'
import { readTrustedKeys } from './key-file.ts'
import { filesOf, readBytes, readReleaseFile } from './release-file.ts'
import { digestText, releaseText } from './release-text.ts'
import { MODULE_BYTES_MAX } from './sign.ts'

export interface FilterVerifyFlags {
  readonly key: readonly string[]
  readonly output: 'table' | 'json'
}

/**
 * `quadrant filter verify`: what a gateway looks at that needs nothing of the gateway. Exit code 1 where it would refuse.
 *
 * @throws {CliError} QDR-C013 where a file cannot be read, QDR-C023 for keys, QDR-C024 where it is no signed manifest
 */
export function runFilterVerify(context: Context, flags: FilterVerifyFlags, file: string): void {
  const keys = readTrustedKeys([], flags.key)
  const files = filesOf(file)
  const { signed, release } = readReleaseFile(files.signed)
  const module = readBytes(files.module, MODULE_BYTES_MAX)
  const problems: { code: string; reason: string }[] = []
  const checked = keys.check(SignedKind.release, signed.release, signed.signatures)
  if ('refusal' in checked) problems.push({ ...checked.refusal })
  const nowNs = context.now() * 1e6
  if (nowNs < release.notBeforeNs) problems.push({ code: 'not-yet-valid', reason: 'its time has not come' })
  if (nowNs >= release.expiresNs) problems.push({ code: 'expired', reason: 'its time is over' })
  const came = digestText(new Uint8Array(createHash('sha256').update(module).digest()))
  if (came !== digestText(release.moduleSha256))
    problems.push({ code: 'digest-mismatch', reason: `${files.module} is ${came}, and another was signed` })
  const signers = 'signers' in checked ? [...checked.signers] : []
  if (flags.output === 'json')
    context.stdout.write(
      jsonDocument({
        valid: problems.length === 0,
        signers,
        problems,
        release: jsonEncoder(FilterReleaseSchema)(create(FilterReleaseSchema, release)),
      }),
    )
  else {
    context.stdout.write(releaseText(release, context))
    for (const { code, reason } of problems)
      context.stdout.write(`${context.paint('red', `${code}: ${reason}`)}\n`)
    if (problems.length === 0)
      context.stdout.write(context.paint('green', `signed by ${signers.join(', ')}\n`))
  }
  if (problems.length > 0) context.process.exitCode = ExitCode.findings
}
