import { create } from '@bufbuild/protobuf'
import { RequestEndingSchema, type RequestEnding } from '@quadrant/proto'
import type { RequestKey } from '../store/request-keys.ts'

const ENDINGS_MAX = 50

/** How often requests ended in which way. */
export class RequestEndings {
  readonly #endings = new Map<string, RequestEnding>()

  add({ httpStatus, grpcStatus, outcome }: RequestKey, count: number): void {
    const name = `${httpStatus} ${grpcStatus} ${outcome}`
    const known = this.#endings.get(name)
    if (known) known.count += count
    else
      this.#endings.set(
        name,
        create(RequestEndingSchema, {
          httpStatus,
          outcome,
          count,
          ...(grpcStatus === undefined ? {} : { grpcStatus }),
        }),
      )
  }

  /** The most frequent first. */
  list(): RequestEnding[] {
    return [...this.#endings.values()].sort((a, b) => b.count - a.count).slice(0, ENDINGS_MAX)
  }
}
