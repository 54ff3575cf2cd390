import { create } from '@bufbuild/protobuf'
import { ExtendError, signOrder, signRelease } from '@quadrant/extend/release'
import { FilterOrderKind, FilterOrderSchema, type SignedRelease } from '@quadrant/proto'
import { CliError, ExitCode } from '../cli-error.ts'
import { note, type Context } from '../context.ts'
import { jsonDocument, jsonEncoder } from '../output/json.ts'
import { printable } from '../output/printable.ts'
import { callFilters, connectFilters, type FilterServer } from './filter-client.ts'
import { readKeyFile } from './key-file.ts'
import { told, type FilterChangeFlags } from './push.ts'

export interface FilterKillFlags extends FilterChangeFlags {
  readonly key?: readonly string[]
  readonly undo?: boolean
  readonly reason?: string
}

export interface FilterRollbackFlags extends FilterChangeFlags {
  readonly to: bigint
  readonly key: readonly string[]
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
 * version, whoever asks: who could have one taken by replaying it could undo every correction.
 *
 * @throws {CliError} QDR-C016 where there is no such version, QDR-C023 for keys, and as `runFilterPush`
 */
export async function runFilterRollback(
  context: Context,
  flags: FilterRollbackFlags,
  name: string,
): Promise<void> {
  const keys = flags.key.map(readKeyFile)
  const server = connectFilters(context, flags.data)
  const { releases } = await callFilters(server, context, () =>
    server.client.getFilterHistory({ name }, { signal: context.signal }),
  )
  const stored = releases.find(({ release }) => release?.version === flags.to)
  if (!stored?.release)
    throw new CliError('QDR-C016', `the server has no version ${flags.to} of ${name}`, {
      fix: `${context.command} filter list ${name}`,
    })
  if (!stored.moduleKept)
    throw new CliError('QDR-C024', `the server keeps the module of version ${flags.to} no more`, {
      fix: 'sign and push the file again',
    })
  const newest = releases.reduce((max, { release }) => (release!.version > max ? release!.version : max), 0n)
  const nowNs = context.now() * 1e6
  const { $typeName: _, ...old } = stored.release
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
  await awaitOrder(context, flags, server, { name, sequence: order!.sequence })
}

async function nextSequence(context: Context, server: FilterServer, name: string): Promise<bigint> {
  const { filters } = await callFilters(server, context, () =>
    server.client.listFilters({}, { signal: context.signal }),
  )
  return (filters.find((filter) => filter.name === name)?.orderSequence ?? 0n) + 1n
}

async function awaitOrder(
  context: Context,
  { wait, output }: FilterKillFlags,
  server: FilterServer,
  { name, sequence }: { readonly name: string; readonly sequence: bigint },
): Promise<void> {
  if (wait === 0) return
  const signal = AbortSignal.any([AbortSignal.timeout(wait * 1000), context.signal])
  let answers: readonly { nodeId: string; text: string; isFollowed: boolean; isTold: boolean }[] = []
  await callFilters(server, context, async () => {
    try {
      for await (const { filters } of server.client.watchFilters({}, { signal })) {
        const states = filters!.filters.find((filter) => filter.name === name)?.states ?? []
        answers = filters!.gateways
          .filter((gateway) => gateway.connected && gateway.filters.includes(name))
          .map(({ nodeId }) => {
            const status = states.find((state) => state.nodeId === nodeId)?.order
            const isTold = status?.sequence === sequence
            const text = isTold
              ? status.followed
                ? status.off
                  ? 'off'
                  : 'on'
                : `${status.code}: ${status.reason}`
              : 'has told nothing yet'
            return { nodeId, text, isFollowed: isTold && status.followed, isTold }
          })
        if (answers.every(({ isTold }) => isTold)) return
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  })
  if (context.signal.aborted) return
  if (answers.length === 0)
    note(context, `no gateway with a place for ${name} is connected; those that come are told`)
  for (const { nodeId, text, isFollowed } of answers) {
    if (!isFollowed) context.process.exitCode = ExitCode.findings
    const line = printable(`${nodeId}  ${text}`)
    if (output === 'json') note(context, line)
    else context.stdout.write(`${context.paint(isFollowed ? 'green' : 'red', line)}\n`)
  }
}
