import { create } from '@bufbuild/protobuf'
import { setTimeout as sleep } from 'node:timers/promises'
import { type HostCapabilities, type Instruction, HelloSchema } from '@quadrant/proto'
import type { Journal } from './journal/journal.ts'
import type { Log } from './log.ts'
import { Rhythm } from './rhythm.ts'
import { SelfReport } from './self-report.ts'
import { withOwnNames } from './own-names.ts'
import { effectiveInstruction, type InstructionFloor } from './session/instruction.ts'
import { ServerLink } from './session/server-link.ts'
import { beginTelling, tellTick } from './telling.ts'
import type { HostTracer } from '@quadrant/observe/agent'

/** By this tick the sockets that were there before us are told, and what it took to tell them is garbage. */
const SETTLED_TICKS = 3
/** By this one the first profile is told too: all that happens each second has happened, and its code is compiled. */
const STEADY_TICKS = 15

/** How long the last frame may take to be acknowledged when the agent ends. What is not stays in the journal. */
const FAREWELL_MS = 1000

export interface AgentContext {
  readonly tracer: HostTracer
  readonly journal: Journal
  readonly socketPath: string
  readonly host: string
  readonly version: string
  /** Tries what this kernel can: a tenth of a second in which nothing else happens. Called once the first edges are told. */
  readonly checkHost: () => HostCapabilities
  readonly floor: InstructionFloor
  readonly log: Log
  /** Ends the run. */
  readonly signal: AbortSignal
  /** Called each second. */
  readonly onSecond?: () => void
  /** Gives back what the start took. Called when the first edges are told and when the start is over. */
  readonly releaseMemory?: () => void
  /** Gives back pages of the program that the start needed. Called when the start is over. */
  readonly releaseProgramText?: () => void
}

/** Polls, tells and sends until the signal; then tells the last second and gives the server a moment to take it. */
export async function runAgent(context: AgentContext): Promise<void> {
  const { tracer, journal, log, signal } = context
  let instruction = effectiveInstruction(context.floor, undefined)
  let capabilities: HostCapabilities | undefined
  const obey = (fromServer: Instruction | undefined) => {
    instruction = effectiveInstruction(context.floor, fromServer)
    tracer.configure(withOwnNames(instruction))
  }
  obey(undefined)
  beginTelling(tracer, journal)

  await using link = new ServerLink(journal, {
    socketPath: context.socketPath,
    log,
    hello: () =>
      create(HelloSchema, {
        agentId: journal.agentId,
        host: context.host,
        bootId: journal.bootId,
        version: context.version,
        pid: process.pid,
        firstSeq: journal.firstSeq,
        capabilities,
      }),
    onServerForgot: () => tracer.tellAllProcesses(),
    onInstruction: obey,
  })
  using selfReport = new SelfReport()
  const rhythm = new Rhythm(Date.now())
  let ticks = 0
  let isKept = true
  const tell = (options?: { readonly final: boolean }) => {
    const wasKept = isKept
    isKept = tellTick(tracer, journal, options)
    if (wasKept && !isKept)
      log.error(
        'the journal cannot be written: what is told is lost, and counted, until the disk takes it again',
      )
    if (!wasKept && isKept) log.info('the journal can be written again')
    link.wake()
  }
  // What is open already is shown at once and not after a second.
  tell()

  while (!signal.aborted) {
    const startMs = performance.now()
    tracer.poll()
    rhythm.polled(performance.now() - startMs)
    if (rhythm.isTickDue(Date.now())) {
      tell()
      if (!capabilities && (link.isConnected || ticks > 0)) {
        capabilities = context.checkHost()
        context.releaseMemory?.()
      }
      link.report(selfReport.take({ nowNs: Date.now() * 1e6, tracer, journal, instruction, capabilities }))
      context.onSecond?.()
      ticks++
      if (ticks === SETTLED_TICKS || ticks === STEADY_TICKS) {
        context.releaseMemory?.()
        context.releaseProgramText?.()
      }
    }
    await sleep(rhythm.waitMs(Date.now()), undefined, { signal }).catch(() => {})
  }

  tracer.poll()
  tell({ final: true })
  const deadlineMs = performance.now() + FAREWELL_MS
  while (link.isConnected && journal.frameCount > 0 && performance.now() < deadlineMs) await sleep(5)
}
