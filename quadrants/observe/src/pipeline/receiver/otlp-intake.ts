import type { Consumer, Refusal } from '../consumer.ts'
import type { StageLedger } from '../ledger.ts'
import { decodeJson } from '../json/decode-json.ts'
import { Parcel } from '../parcel.ts'
import type { Signal } from '../signal.ts'
import { receivedParcel } from './received-parcel.ts'

/** Where both OTLP receivers bring what they got. */
export class OtlpIntake {
  readonly #consumers: Partial<Readonly<Record<Signal, Consumer>>>
  readonly #ledger: StageLedger

  constructor(consumers: Partial<Readonly<Record<Signal, Consumer>>>, ledger: StageLedger) {
    this.#consumers = consumers
    this.#ledger = ledger
  }

  /** Whether a pipeline of this signal has this receiver. */
  takes(signal: Signal): boolean {
    return this.#consumers[signal] !== undefined
  }

  /** An encoded request. @throws {PipelineError} `malformed`, counted as one: nobody knows what was in it */
  bytes(signal: Signal, bytes: Uint8Array): Refusal | undefined {
    return this.#consume(signal, () => receivedParcel(signal, bytes))
  }

  /** A request in OTLP/JSON. @throws {PipelineError} `malformed`, counted as one */
  json(signal: Signal, text: string): Refusal | undefined {
    // Encoded at once: a parcel that several pipelines share is bytes.
    return this.#consume(signal, () => {
      const { bytes, itemCount } = Parcel.ofContent(decodeJson(signal, text))
      return Parcel.ofBytes(signal, bytes, itemCount)
    })
  }

  /** Counts a request that could not even be read. */
  refuse(reason: string): void {
    this.#ledger.see(1)
    this.#ledger.drop(reason, 1)
  }

  #consume(signal: Signal, read: () => Parcel): Refusal | undefined {
    let parcel: Parcel
    try {
      parcel = read()
    } catch (error) {
      this.refuse('malformed')
      throw error
    }
    if (parcel.itemCount === 0) return undefined
    this.#ledger.see(parcel.itemCount)
    const refusal = this.#consumers[signal]!.consume(parcel)
    if (refusal) this.#ledger.drop('refused', parcel.itemCount)
    else this.#ledger.keep(parcel.itemCount)
    return refusal
  }
}
