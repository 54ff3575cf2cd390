import { create } from '@bufbuild/protobuf'
import {
  ExtendError,
  readRelease,
  SignedKind,
  signOrder,
  signRelease,
  type TrustedKeys,
} from '@quadrant/extend/release'
import { FilterOrderKind, FilterOrderSchema, type FilterRelease, type SignedRelease } from '@quadrant/proto'
import { CliError } from '../cli-error.ts'
import { note, type Context } from '../context.ts'
import { jsonDocument, jsonEncoder } from '../output/json.ts'
import { printable } from '../output/printable.ts'
import { callFilters, connectFilters, type FilterServer } from './filter-client.ts'
import { readKeyFile, readTrustedKeys } from './key-file.ts'
import { awaitOrder } from './order-settling.ts'
import { told, type FilterChangeFlags } from './push.ts'

export interface FilterKillFlags extends FilterChangeFlags {
  readonly key?: readonly string[]
  readonly undo?: boolean
  readonly reason?: string
}

export interface FilterRollbackFlags extends FilterChangeFlags {
  readonly to: bigint
  readonly key: readonly string[]
  /** Files of public keys. */
  readonly trust?: readonly string[]
  /** Seconds. */
  readonly validFor: number
}

/** `quadrant filter swap NAME VERSION`. @throws {CliError} as `runFilterPush` */
export async function runFilterSwap(
  context: Context,
  flags: FilterChangeFlags,
  name: string,
  version: bigint,
): Promise<void> {
  const server = connectFilters(context, flags.data)
  const { release } = await callFilters(server, context, () =>
    server.client.swapFilter({ name, version }, { signal: context.signal }),
  )
  await told(context, flags, server, release!)
}

/**
 * `quadrant filter rollback NAME --to VERSION`: signs what that version was as the next one. Gateways take no older
 * version, whoever asks: who could have one taken by replaying it could undo every correction. That version must have
 * been signed by the keys that sign now, or by those of `--trust`.
 *
 * @throws {CliError} QDR-C016 where there is no such version, QDR-C023 for keys, and as `runFilterPush`
 */
export async function runFilterRollback(
  context: Context,
  flags: FilterRollbackFlags,
  name: string,
): Promise<void> {
  const keys = flags.key.map(readKeyFile)
  const trusted = readTrustedKeys(keys, flags.trust ?? [])
  const server = connectFilters(context, flags.data)
  const { releases } = await callFilters(server, context, () =>
    server.client.getFilterHistory({ name }, { signal: context.signal }),
  )
  const stored = releases.find(({ release }) => release?.version === flags.to)
  if (!stored?.signed)
    throw new CliError('QDR-C016', `the server has no version ${flags.to} of ${name}`, {
      fix: `${context.command} filter list ${name}`,
    })
  if (!stored.moduleKept)
    throw new CliError('QDR-C024', `the server keeps the module of version ${flags.to} no more`, {
      fix: 'sign and push the file again',
    })
  const newest = releases.reduce((max, { release }) => (release!.version > max ? release!.version : max), 0n)
  const nowNs = context.now() * 1e6
  const { $typeName: _, ...old } = signedBefore(stored.signed, trusted, { name, version: flags.to })
  let signed: SignedRelease
  try {
    signed = signRelease(
      {
        ...old,
        version: newest + 1n,
        restoresVersion: flags.to,
        notBeforeNs: nowNs,
        expiresNs: nowNs + flags.validFor * 1e9,
      },
      keys,
    )
  } catch (cause) {
    if (cause instanceof ExtendError) throw new CliError('QDR-C024', printable(cause.message), { cause })
    throw cause
  }
  const { release } = await callFilters(server, context, () =>
    server.client.pushRelease({ release: signed }, { signal: context.signal }),
  )
  note(context, `version ${newest + 1n} of ${name} is version ${flags.to} again`)
  await told(context, flags, server, release!)
}

/**
 * What a release said when one of these keys signed it. The server, or whoever pushed it there, may have made up another:
 * who signed what he is given, because its number is an old one, would sign for anybody.
 *
 * @throws {CliError} QDR-C024
 */
function signedBefore(
  { release: bytes, signatures }: SignedRelease,
  trusted: TrustedKeys,
  { name, version }: { readonly name: string; readonly version: bigint },
): FilterRelease {
  const wrong = (reason: string, fix?: string) =>
    new CliError('QDR-C024', `version ${version} of ${name} is not signed again: ${printable(reason)}`, {
      ...(fix !== undefined && { fix }),
    })
  const checked = trusted.check(SignedKind.release, bytes, signatures)
  if ('refusal' in checked)
    throw wrong(
      checked.refusal.reason,
      'if another key of yours has signed it, name its public part: --trust FILE.pub.pem',
    )
  const read = readRelease(bytes)
  if ('refusal' in read) throw wrong(read.refusal.reason)
  const { release } = read
  if (release.name !== name || release.version !== version)
    throw wrong(`the server has sent version ${release.version} of ${release.name}`)
  return release
}

/** `quadrant filter kill NAME`. Exit code 1 where a gateway does not follow. @throws {CliError} as `runFilterPush` */
export async function runFilterKill(context: Context, flags: FilterKillFlags, name: string): Promise<void> {
  const keys = (flags.key ?? []).map(readKeyFile)
  const server = connectFilters(context, flags.data)
  const sequence = keys.length === 0 ? 0n : await nextSequence(context, server, name)
  const init = {
    name,
    kind: flags.undo ? FilterOrderKind.ON : FilterOrderKind.OFF,
    sequence,
    issuedNs: context.now() * 1e6,
    reason: flags.reason ?? '',
  }
  let signed
  try {
    signed = signOrder(init, keys)
  } catch (cause) {
    if (cause instanceof ExtendError) throw new CliError('QDR-C024', printable(cause.message), { cause })
    throw cause
  }
  const { order } = await callFilters(server, context, () =>
    server.client.orderFilter({ order: signed }, { signal: context.signal }),
  )
  if (flags.output === 'json')
    context.stdout.write(jsonDocument(jsonEncoder(FilterOrderSchema)(create(FilterOrderSchema, order))))
  await awaitOrder(context, { ...flags, server, name, sequence: order!.sequence })
}

async function nextSequence(context: Context, server: FilterServer, name: string): Promise<bigint> {
  const { filters } = await callFilters(server, context, () =>
    server.client.listFilters({}, { signal: context.signal }),
  )
  return (filters.find((filter) => filter.name === name)?.orderSequence ?? 0n) + 1n
}
