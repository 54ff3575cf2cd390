import { webcrypto } from 'node:crypto'
import { GovernError } from '../error.ts'
import { generateWorkloadKeys, writeSigningRequest } from './signing-request.ts'
import { renewAtMs, type Svid } from './svid.ts'
import * as x509 from './x509.ts'

/** What a node has: its key is in no request. */
export interface HeldSvid {
  readonly svid: Svid
  /** PKCS#8 in PEM. */
  readonly key: string
  /** Roots to trust, in PEM. */
  readonly trusted: readonly string[]
}

export interface IssuedSvid {
  readonly svid: Svid
  readonly trusted: readonly string[]
}

export interface KeeperClock {
  nowMs(): number
  /** Once; disposing it before means never. */
  after(delayMs: number, callback: () => void): Disposable
}

export interface SvidKeeperOptions {
  /** Has a request signed. `held`: what the node has, to prove who it is by. Ends soon after the signal does. */
  readonly ask: (request: Uint8Array, held: HeldSvid | undefined, signal: AbortSignal) => Promise<IssuedSvid>
  readonly clock: KeeperClock
  /** From 0 to 1. */
  readonly random: () => number
}

const BACKOFF_MS_MIN = 1000
const BACKOFF_MS_MAX = 60_000
/** A transport that never answers would else be the last one asked. */
const ASK_TIMEOUT_MS = 30_000

/**
 * Keeps a node's SVID fresh: a new key and certificate at half life, the old ones until they expire, however often it
 * fails to have others.
 */
export class SvidKeeper implements AsyncDisposable {
  readonly #options: SvidKeeperOptions
  readonly #listeners = new Set<(held: HeldSvid) => void>()
  readonly #closing = new AbortController()
  #held: HeldSvid | undefined
  #timer: Disposable | undefined
  #rotating: Promise<void> | undefined
  #failuresInARow = 0
  rotatedCount = 0
  failedCount = 0
  lastError: GovernError | undefined

  constructor(options: SvidKeeperOptions) {
    this.#options = options
  }

  /** undefined: none yet, or it has expired */
  get held(): HeldSvid | undefined {
    const held = this.#held
    return held !== undefined && held.svid.expiresMs > this.#options.clock.nowMs() ? held : undefined
  }

  /** Tells of each new SVID, and at once of the one that there is. */
  listen(listener: (held: HeldSvid) => void): Disposable {
    this.#listeners.add(listener)
    if (this.held !== undefined) listener(this.held)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  /** Has another now; one at a time. Never rejects: `lastError` says why there is none, and it is tried again. */
  rotate(): Promise<void> {
    if (this.#closing.signal.aborted) return Promise.resolve()
    this.#rotating ??= this.#rotate().finally(() => (this.#rotating = undefined))
    return this.#rotating
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    this.#timer?.[Symbol.dispose]()
    this.#listeners.clear()
    await this.#rotating
  }

  async #rotate(): Promise<void> {
    this.#timer?.[Symbol.dispose]()
    const { clock, random } = this.#options
    try {
      const held = await this.#ask()
      if (this.#closing.signal.aborted) return
      this.#held = held
      this.#failuresInARow = 0
      this.rotatedCount++
      this.lastError = undefined
      this.#wait(Math.max(0, renewAtMs(held.svid, random) - clock.nowMs()))
      this.#tell(held)
    } catch (error) {
      if (this.#closing.signal.aborted) return
      this.failedCount++
      this.lastError = GovernError.from(error, 'encoding')
      const backoffMs = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** this.#failuresInARow++)
      this.#wait(backoffMs * (0.5 + random() / 2))
    }
  }

  async #ask(): Promise<HeldSvid> {
    const { ask, clock } = this.#options
    const keys = await generateWorkloadKeys()
    const late = new AbortController()
    const signal = AbortSignal.any([this.#closing.signal, late.signal])
    using _timeout = clock.after(ASK_TIMEOUT_MS, () => late.abort())
    const request = await writeSigningRequest(keys)
    // It may have ended while the key was made: then nobody would hear of that any more.
    signal.throwIfAborted()
    const ended = Promise.withResolvers<never>()
    signal.addEventListener('abort', () =>
      ended.reject(new GovernError('argument', 'nobody answered in time')),
    )
    const issued = await Promise.race([ask(request, this.held, signal), ended.promise])
    await checkIssued(issued, keys, clock.nowMs())
    const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
    return { ...issued, key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') }
  }

  /** A listener that fails takes nothing from the others, and makes no rotation fail that was none. */
  #tell(held: HeldSvid): void {
    for (const listener of this.#listeners)
      try {
        listener(held)
      } catch (error) {
        this.lastError = GovernError.from(error, 'argument')
      }
  }

  #wait(delayMs: number): void {
    this.#timer = this.#options.clock.after(delayMs, () => void this.rotate())
  }
}

/** A certificate of another key, or one that is over, would take down what works. */
async function checkIssued(
  { svid, trusted }: IssuedSvid,
  keys: webcrypto.CryptoKeyPair,
  nowMs: number,
): Promise<void> {
  const certificate = new x509.X509Certificate(svid.certificate)
  const own = Buffer.from(await webcrypto.subtle.exportKey('spki', keys.publicKey))
  if (!own.equals(Buffer.from(certificate.publicKey.rawData)))
    throw new GovernError('encoding', 'the certificate is not for the key that was to be signed')
  if (certificate.notAfter.getTime() <= nowMs || svid.expiresMs <= nowMs)
    throw new GovernError('encoding', 'the certificate has expired already')
  if (trusted.length === 0) throw new GovernError('encoding', 'no root to trust came with the certificate')
}
