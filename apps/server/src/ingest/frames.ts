import { create } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { SessionResponseSchema } from '@quadrant/proto'
import type { Logger } from 'pino'
import type { CheckedBatch, Commit, Store } from '../store/store.ts'
import { checkBatch } from './check.ts'
import type { Refusal } from './refusal.ts'
import type { Session } from './sessions.ts'
import type { WireRequest } from './wire.ts'

type Frame = Extract<WireRequest, { case: 'frame' }>['value']

export interface FramesOptions {
  readonly store: Store
  readonly log: Logger
  /** Nanoseconds of the Unix epoch. */
  readonly nowNs: () => number
  /** After each frame that was applied. */
  readonly onCommit: (commit: Commit) => void
  /** As well, with what the frame said. Runtime telemetry in it is as the agent told it, unchecked. */
  readonly onBatch?: (host: string, batch: CheckedBatch) => void
}

/** Counts a refusal of what a session sent, and makes the error that ends it. */
export type Refuse = (refusal: Refusal, session: Session, place?: { readonly seq: number }) => ConnectError

/** Checks what agents tell, stores it, and says that it is stored. */
export class Frames {
  readonly #options: FramesOptions
  readonly #refuse: Refuse

  constructor(options: FramesOptions, refuse: Refuse) {
    this.#options = options
    this.#refuse = refuse
  }

  /** @throws {ConnectError} for what is refused, and where it could not be stored */
  async take(session: Session, { seq, batch }: Frame): Promise<void> {
    if (!(Number.isSafeInteger(seq) && seq >= 1))
      throw this.#refuse({ reason: 'sequence', detail: `seq is ${seq}` }, session)
    if (!batch)
      throw this.#refuse({ reason: 'protocol', detail: 'a frame without a batch' }, session, { seq })
    const { store, nowNs, onCommit } = this.#options
    const { batch: checked, refusal } = checkBatch(batch, nowNs())
    if (!checked) {
      // It would be refused again for ever: it counts as had, and its loss is counted.
      await store.skip(session.row.id, seq, {
        stage: 'server.ingest',
        reason: `refused-${refusal!.reason}`,
        count: 1,
      })
      throw this.#refuse(refusal!, session, { seq })
    }
    const commit = await this.#commit(session.row.id, seq, checked)
    session.outbox.push(
      create(SessionResponseSchema, { body: { case: 'ack', value: { $typeName: 'quadrant.v1.Ack', seq } } }),
    )
    if (!commit.applied) return
    onCommit(commit)
    this.#options.onBatch?.(session.row.host, checked)
  }

  /** A store that can't be written is no fault of the agent: it keeps the frame and comes again. */
  async #commit(agent: number, seq: number, batch: CheckedBatch): Promise<Commit> {
    try {
      return await this.#options.store.commit(agent, seq, batch)
    } catch (error) {
      this.#options.log.error({ err: error, seq }, 'commit failed')
      throw new ConnectError(`the store can't be written: ${(error as Error).message}`, Code.Unavailable)
    }
  }
}
