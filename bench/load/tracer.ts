import { setTimeout as pause } from 'node:timers/promises'
import { LineProcess } from '../line-process.ts'

/** After a change, so that loading, back-fill and the first compilations are not in the slice. */
const SETTLE_MS = 1200

/** Instruction for connections alone: profiles and probes have benchmarks of their own. */
export const CONNECTIONS_ONLY = { probesOff: true, profilesOff: true } as const

export interface TracerReport {
  readonly programs: readonly {
    readonly id: number
    readonly name: string
    readonly runs: number
    readonly runNs: number
  }[]
  /** CPU of the last once-a-second pass. */
  readonly passCpuUs: number
}

/** The tracer in a process of its own, which is switched on and off between slices. */
export class Tracer implements AsyncDisposable {
  readonly #process = new LineProcess([process.execPath, `${import.meta.dirname}/tracer-process.ts`])

  get pid(): number {
    return this.#process.pid
  }

  /**
   * Opens the tracer, with an Instruction of quadrant.v1 in JSON form. Without requests, unless it asks for them: what
   * these cost is measured by `l7-overhead`.
   */
  async on(instruction: object = {}): Promise<void> {
    await this.#process.ask(`on ${JSON.stringify({ requests: { off: true }, ...instruction })}`)
    await pause(SETTLE_MS)
  }

  async off(): Promise<void> {
    await this.#process.ask('off')
  }

  /** What the agent would report of it. BPF runs are zero where kernel.bpf_stats_enabled is off. */
  async report(): Promise<TracerReport> {
    return { programs: [], passCpuUs: 0, ...(await this.#process.ask<Partial<TracerReport>>('report')) }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]()
  }
}
