import { createHash } from 'node:crypto'
import { formatBytes } from '@quadrant/core'
import { StoredReleaseSchema, type StoredRelease } from '@quadrant/proto'
import { CliError } from '../cli-error.ts'
import { note, type Context } from '../context.ts'
import { jsonDocument, jsonEncoder } from '../output/json.ts'
import { Progress } from '../output/progress.ts'
import { callFilters, connectFilters, type FilterServer } from './filter-client.ts'
import { filesOf, readBytes, readReleaseFile } from './release-file.ts'
import { digestText } from './release-text.ts'
import { MODULE_BYTES_MAX } from './sign.ts'
import { awaitGateways } from './settling.ts'

/** What the server takes at once. */
const CHUNK_BYTES = 128 << 10

export interface FilterChangeFlags {
  /** Seconds; 0: not at all. */
  readonly wait: number
  readonly data?: string
  readonly output: 'table' | 'json'
}

export interface FilterPushFlags extends FilterChangeFlags {
  readonly stage?: boolean
}

/**
 * `quadrant filter push`. Exit code 1 where a gateway refuses it, or has not told of it in time.
 *
 * @throws {CliError} QDR-C013 for files, QDR-C024 where it is not taken, and as `connectServer`
 */
export async function runFilterPush(context: Context, flags: FilterPushFlags, file: string): Promise<void> {
  const files = filesOf(file)
  const { signed, release } = readReleaseFile(files.signed)
  const module = readBytes(files.module, MODULE_BYTES_MAX)
  const came = new Uint8Array(createHash('sha256').update(module).digest())
  if (digestText(came) !== digestText(release.moduleSha256))
    throw new CliError('QDR-C024', `${files.module} is not the module that was signed`, {
      fix: `quadrant filter sign ${files.module}`,
    })
  const server = connectFilters(context, flags.data)
  await upload(context, server, came, module)
  const { release: stored } = await callFilters(server, context, () =>
    server.client.pushRelease(
      { release: signed, stageOnly: flags.stage ?? false },
      { signal: context.signal },
    ),
  )
  await told(context, flags, server, stored!)
}

/** Says what was done, and what gateways make of it. */
export async function told(
  context: Context,
  flags: FilterChangeFlags,
  server: FilterServer,
  stored: StoredRelease,
): Promise<void> {
  if (flags.output === 'json') context.stdout.write(jsonDocument(jsonEncoder(StoredReleaseSchema)(stored)))
  const { name, version } = stored.release!
  if (stored.offeredNs === 0) {
    note(
      context,
      `version ${version} of ${name} is kept; ${context.command} filter swap ${name} ${version} offers it`,
    )
    return
  }
  await awaitGateways(context, { ...flags, server, name, version })
}

/** Goes on where an earlier upload ended, whoever began it. */
async function upload(
  context: Context,
  server: FilterServer,
  moduleSha256: Uint8Array,
  module: Uint8Array,
): Promise<void> {
  using progress = new Progress(context)
  const about = { moduleSha256, moduleBytes: module.length }
  const ask = (rest: { offset?: number; data?: Uint8Array }) =>
    callFilters(server, context, () =>
      server.client.uploadModule({ ...about, ...rest }, { signal: context.signal }),
    )
  for (let { heldBytes, complete } = await ask({}); !complete;) {
    progress.show(`${formatBytes(heldBytes)} of ${formatBytes(module.length)}`)
    const data = module.subarray(heldBytes, heldBytes + CHUNK_BYTES)
    ;({ heldBytes, complete } = await ask({ offset: heldBytes, data }))
  }
}
