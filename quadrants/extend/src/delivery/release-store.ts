import { createHash } from 'node:crypto'
import { setImmediate as immediate } from 'node:timers/promises'
import { create } from '@bufbuild/protobuf'
import { FilterHoldingSchema, type FilterHolding, type SignedRelease } from '@quadrant/proto'
import { ExtendError } from '../error.ts'
import { decodeHolding, encodeHolding, RECORD_BYTES_MAX } from './holding-record.ts'
import { ModuleDownload } from './module-download.ts'
import { FILTER_NAME, readRelease } from './read-release.ts'
import type { Refusal } from './refusal.ts'
import type { StoreDirectory } from './store-directory.ts'
import { releaseDigest, type Accepted, type VerifiedRelease } from './verify-release.ts'

/** Each is there twice, so that one that is damaged loses nothing. */
const COPIES = ['a', 'b'] as const
const HOLDING = /^(?<name>.+)\.holding\.[ab]$/
const MODULE = /^(?<digest>[0-9a-f]{64})\.wasm$/
const PART = /^(?<digest>[0-9a-f]{64})\.part$/

/** Hashed in one piece; some 0.5 ms, and then others have their turn. */
const HASH_BYTES = 512 << 10

/** Beginnings of modules that are kept: one for each of some filters, and what newer releases have left behind. */
const PARTS_MAX = 8

type HoldingChange = Partial<Omit<FilterHolding, '$typeName' | 'name' | 'generation'>>

/**
 * What a gateway keeps of its filters on disk, so that it serves what it served, whenever and however it ended: the last
 * good release and the one before it, modules by their digests, what has come of others, and the highest version that
 * was ever accepted, so that no older one is after a restart either.
 *
 *     NAME.holding.a, .b     what of a filter is accepted, serves and is to serve; see `encodeHolding`
 *     DIGEST.wasm            a module, whole; its digest is looked at whenever it is read
 *     DIGEST.part            the beginning of one
 *
 * One process has it open.
 */
export class ReleaseStore {
  readonly #directory: StoreDirectory
  readonly #holdings: Map<string, FilterHolding>
  readonly #partBytes: Map<string, number>
  readonly #damaged: readonly string[]
  /** Ends when what was asked for so far is on disk. */
  #lastChange: Promise<void> = Promise.resolve()

  private constructor(
    directory: StoreDirectory,
    holdings: Map<string, FilterHolding>,
    partBytes: Map<string, number>,
    damaged: readonly string[],
  ) {
    this.#directory = directory
    this.#holdings = holdings
    this.#partBytes = partBytes
    this.#damaged = damaged
  }

  /** @throws {ExtendError} `store` where both copies of what is kept of a filter are damaged: then nobody knows what was accepted */
  static async open(directory: StoreDirectory): Promise<ReleaseStore> {
    const names = await directory.list()
    const holdings = new Map<string, FilterHolding>()
    const damaged: string[] = []
    for (const name of new Set(names.flatMap((file) => HOLDING.exec(file)?.groups?.['name'] ?? []))) {
      if (!FILTER_NAME.test(name)) continue
      const copies = await Promise.all(
        COPIES.map(async (copy) => {
          const bytes = await directory.read(fileOf(name, copy), RECORD_BYTES_MAX)
          const holding = bytes && decodeHolding(bytes)
          if (bytes && holding?.name !== name) damaged.push(fileOf(name, copy))
          return holding?.name === name ? holding : undefined
        }),
      )
      const newest = copies
        .filter((holding) => holding !== undefined)
        .toSorted((a, b) => (a.generation < b.generation ? 1 : -1))[0]
      if (!newest)
        throw new ExtendError(
          'store',
          `what was accepted of ${name} is not known: ${COPIES.map((copy) => fileOf(name, copy)).join(' and ')} are damaged. To begin anew with that filter, remove them`,
        )
      holdings.set(name, newest)
    }
    const partBytes = new Map<string, number>()
    for (const file of names) {
      const digest = PART.exec(file)?.groups?.['digest']
      if (digest === undefined) continue
      await using part = await directory.openPart(file)
      partBytes.set(digest, part.bytes)
    }
    return new ReleaseStore(directory, holdings, partBytes, damaged)
  }

  /** Files that were damaged when it was opened, and whose other copy was read instead. */
  get damaged(): readonly string[] {
    return this.#damaged
  }

  /** Undefined where nothing was ever kept of it. */
  holding(name: string): FilterHolding | undefined {
    return this.#holdings.get(name)
  }

  accepted(name: string): Accepted | undefined {
    const holding = this.#holdings.get(name)
    if (!holding || holding.acceptedVersion === 0n) return undefined
    return {
      version: holding.acceptedVersion,
      release: Buffer.from(holding.acceptedSha256).toString('hex'),
    }
  }

  /** What has come of modules that are not whole, by their digests. */
  partials(): readonly { readonly digest: string; readonly bytes: number }[] {
    return [...this.#partBytes].map(([digest, bytes]) => ({ digest, bytes }))
  }

  /** A module, its digest found right; undefined where it is not there, or damaged: then it is removed. */
  async module({ moduleSha256, moduleBytes }: ModuleName): Promise<Uint8Array | undefined> {
    const digest = hexOf(moduleSha256)
    const bytes = await this.#directory.read(`${digest}.wasm`, moduleBytes)
    if (!bytes) return undefined
    const hash = createHash('sha256')
    for (let at = 0; at < bytes.length; at += HASH_BYTES) {
      hash.update(bytes.subarray(at, at + HASH_BYTES))
      await immediate()
    }
    if (hash.digest('hex') === digest) return bytes
    await this.#directory.remove(`${digest}.wasm`)
    return undefined
  }

  /** Goes on with what has come of a module. */
  async download(module: ModuleName): Promise<ModuleDownload> {
    const digest = hexOf(module.moduleSha256)
    for (const oldest of this.#partBytes.keys()) {
      if (this.#partBytes.size < PARTS_MAX || oldest === digest) break
      await this.#directory.remove(`${oldest}.part`)
      this.#partBytes.delete(oldest)
    }
    return await ModuleDownload.open(this.#directory, {
      digest,
      part: `${digest}.part`,
      whole: `${digest}.wasm`,
      bytes: module.moduleBytes,
      onBytes: (bytes) => {
        if (bytes === undefined) this.#partBytes.delete(digest)
        else this.#partBytes.set(digest, bytes)
      },
    })
  }

  /** From now on no older version is accepted. Its module must be there. */
  accept({ release, digest }: VerifiedRelease, signed: SignedRelease): Promise<void> {
    return this.#keep(release.name, () => ({
      acceptedVersion: release.version,
      acceptedSha256: new Uint8Array(Buffer.from(digest, 'hex')),
      candidate: signed,
      candidateAttempts: 0,
      failedCode: '',
      failedReason: '',
    }))
  }

  /** The candidate is about to be begun. */
  attempt(name: string): Promise<void> {
    return this.#keep(name, ({ candidateAttempts }) => ({ candidateAttempts: candidateAttempts + 1 }))
  }

  /** The candidate serves: it is the last good one, and what was is the one before it. */
  serving(name: string): Promise<void> {
    return this.#keep(name, ({ candidate, serving }) =>
      candidate ? { serving: candidate, previous: serving, candidate: undefined, candidateAttempts: 0 } : {},
    )
  }

  /** The candidate does not serve, and is not begun again. */
  failed(name: string, { code, reason }: Refusal): Promise<void> {
    return this.#keep(name, () => ({
      candidate: undefined,
      candidateAttempts: 0,
      failedCode: code,
      failedReason: reason,
    }))
  }

  /** The one before the last good one is the last good one again, without one before it. */
  wentBack(name: string, { code, reason }: Refusal): Promise<void> {
    return this.#keep(name, ({ previous }) => ({
      serving: previous,
      previous: undefined,
      failedCode: code,
      failedReason: reason,
    }))
  }

  ordered(name: string, sequence: bigint, off: boolean): Promise<void> {
    return this.#keep(name, () => ({ orderSequence: sequence, off }))
  }

  /**
   * One change after another, whoever asks. Both copies are written, one after the other: at any time one of them is
   * whole, and says this or what was before.
   */
  #keep(name: string, changed: (before: FilterHolding) => HoldingChange): Promise<void> {
    const kept = this.#lastChange.then(() => this.#write(name, changed))
    this.#lastChange = kept.catch(() => {})
    return kept
  }

  async #write(name: string, changed: (before: FilterHolding) => HoldingChange): Promise<void> {
    const before = this.#holdings.get(name) ?? create(FilterHoldingSchema, { name })
    const next: FilterHolding = { ...before, ...changed(before), generation: before.generation + 1n }
    const bytes = encodeHolding(next)
    for (const copy of COPIES) await this.#directory.replace(fileOf(name, copy), bytes)
    this.#holdings.set(name, next)
    if (before.serving !== next.serving || before.candidate !== next.candidate) await this.#prune()
  }

  /** Removes modules that no release names which is kept. */
  async #prune(): Promise<void> {
    const kept = new Set(
      [...this.#holdings.values()].flatMap(({ serving, previous, candidate }) =>
        [serving, previous, candidate].flatMap((signed) => {
          const read = signed && readRelease(signed.release)
          return read && 'release' in read ? [hexOf(read.release.moduleSha256)] : []
        }),
      ),
    )
    for (const file of await this.#directory.list()) {
      const digest = MODULE.exec(file)?.groups?.['digest']
      if (digest !== undefined && !kept.has(digest)) await this.#directory.remove(file)
    }
  }
}

interface ModuleName {
  readonly moduleSha256: Uint8Array
  readonly moduleBytes: number
}

/** Digest of a kept release, as `Accepted.release`. */
export function keptDigest(signed: SignedRelease): string {
  return releaseDigest(signed.release)
}

function fileOf(name: string, copy: (typeof COPIES)[number]): string {
  return `${name}.holding.${copy}`
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
