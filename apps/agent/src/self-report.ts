import { create } from '@bufbuild/protobuf'
import { type AgentReport, AgentReportSchema, type HostCapabilities, type Instruction } from '@quadrant/proto'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Journal } from './journal/journal.ts'
import type { HostTracer } from '@quadrant/observe/agent'

/** The delay's own measuring costs a wake-up each time. */
const LAG_RESOLUTION_MS = 20

/** What the agent says of itself each second. CPU is the process's total so far; the event loop's lag the largest of the second. */
export class SelfReport implements Disposable {
  readonly #lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS })

  constructor() {
    this.#lag.enable()
  }

  take(about: {
    readonly nowNs: number
    readonly tracer: HostTracer
    readonly journal: Journal
    readonly instruction: Instruction
    readonly capabilities: HostCapabilities | undefined
  }): AgentReport {
    const { tracer, journal } = about
    const cpu = process.cpuUsage()
    // The histogram counts its own interval as delay.
    const lagUs = Math.max(0, this.#lag.max / 1000 - LAG_RESOLUTION_MS * 1000)
    this.#lag.reset()
    return Object.assign(create(AgentReportSchema), tracer.report(), {
      timeNs: about.nowNs,
      source: tracer.source,
      capabilities: about.capabilities,
      cpuUs: cpu.user + cpu.system,
      rssBytes: process.memoryUsage.rss(),
      eventLoopLagUsMax: lagUs,
      spoolFrames: journal.frameCount,
      spoolBytes: journal.frameBytes,
      spoolLimitBytes: journal.limitBytes,
      instruction: about.instruction,
      blindSpots: [...tracer.blindSpots],
    })
  }

  [Symbol.dispose](): void {
    this.#lag.disable()
  }
}
