import { randomInt } from 'node:crypto'
import type { Worker } from 'node:worker_threads'
import { SharedMemory, VmHolds, type SharedHandle } from '@quadrant/wasm/proxy-wasm'
import { ExtendError, type ExtendErrorCode } from '../../error.ts'
import type { GatewaySpec } from '../config/gateway-spec.ts'
import type { GatewayStats } from '../stats/gateway-stats.ts'
import { SharedLimits } from '../guard/shared-limits.ts'
import { mergeStats } from './merge-stats.ts'
import type { FilterToRun } from '../../filters/filter-engine.ts'
import type { FilterAnswer, FilterCommand } from '../filters/filter-command.ts'
import type {
  FilterNotice,
  LogBatch,
  SpanBatch,
  WorkerMessage,
  WorkerReply,
  WorkerRequest,
} from './worker-message.ts'

export interface GatewayFleetOptions {
  readonly workerCount: number
  /** A thread that runs `serveGateway`. */
  readonly openWorker: () => Worker
  readonly onLog: (batch: LogBatch) => void
  /** Undefined: they are given up. */
  readonly onSpans?: (batch: SpanBatch) => void
  readonly onFilter: (notice: FilterNotice) => void
  /** A thread has ended by itself; another one takes its place. */
  readonly onCrash: (error: Error) => void
}

/** A thread that does not answer statistics by then is left out of them: it is busy, or about to be found dead. */
const STATS_MS_MAX = 2000
/** Between a thread's end and the next in its place, so that one that cannot live does not take the machine. */
const RESTART_MS = 500
const SEED_MAX = 2 ** 31

type Asked = WorkerRequest extends infer R ? (R extends unknown ? Omit<R, 'id'> : never) : never

/** A gateway on several threads that listen on the same ports: the kernel shares connections out among them. */
export class GatewayFleet implements AsyncDisposable {
  readonly #options: GatewayFleetOptions
  readonly #members = new Set<Member>()
  readonly #restarts = new Set<NodeJS.Timeout>()
  #spec: GatewaySpec | undefined
  /** What all threads share of filters; made with the first of them. */
  readonly #shared = SharedMemory.create()
  /** What is configured stays, also while no thread is there that has it. */
  readonly #holds = new VmHolds(this.#shared)
  readonly #limits = SharedLimits.create([randomInt(SEED_MAX), randomInt(SEED_MAX)])
  #filters: readonly FilterToRun[] = []
  /** Names of filters that are off, for threads that begin. */
  readonly #off = new Set<string>()
  #ports: ReadonlyMap<string, number> = new Map()
  #restartCount = 0
  #isClosing = false

  /** Opens nothing; the first `reload` does. */
  constructor(options: GatewayFleetOptions) {
    this.#options = options
  }

  /** By the names of listeners. */
  get ports(): ReadonlyMap<string, number> {
    return this.#ports
  }

  get restartCount(): number {
    return this.#restartCount
  }

  /**
   * All threads go by this from now on, or, where the first cannot, none does.
   * @throws {ExtendError} as `Gateway.reload`
   */
  async reload(spec: GatewaySpec, filters: readonly FilterToRun[] = []): Promise<void> {
    const { workerCount } = this.#options
    const first = [...this.#members][0] ?? this.#open()
    try {
      this.#ports = await first.reload(spec, filters, this.#off)
    } catch (error) {
      if (this.#spec === undefined) await this[Symbol.asyncDispose]()
      throw error
    }
    // Where any free port would do, all have the one that the first has got.
    const bound = withPorts(spec, this.#ports)
    this.#spec = bound
    this.setFilters(filters)
    while (this.#members.size < workerCount) this.#open()
    const others = [...this.#members].filter((member) => member !== first)
    await Promise.all(others.map((member) => member.reload(bound, filters, this.#off)))
  }

  /** All threads are asked; what each answers, in no order. A thread that ends meanwhile answers nothing. */
  async filters(command: FilterCommand): Promise<readonly FilterAnswer[]> {
    const answers = await Promise.all([...this.#members].map((member) => member.filters(command)))
    return answers.filter((answer) => answer !== undefined)
  }

  /** What a thread has from its begin that takes the place of another. */
  setFilters(filters: readonly FilterToRun[]): void {
    for (const { spec } of filters) this.#holds.hold(spec.vmId)
    for (const { spec } of this.#filters) this.#holds.letGo(spec.vmId)
    this.#filters = filters
  }

  /** Off or on in all threads, and in those that take the place of one. */
  switchFilter(name: string, isOn: boolean): void {
    if (isOn) this.#off.delete(name)
    else this.#off.add(name)
    void this.filters({ kind: 'switch', name, isOn })
  }

  async stats(): Promise<GatewayStats | undefined> {
    const answers = await Promise.all([...this.#members].map((member) => member.stats()))
    return mergeStats(answers.filter((stats) => stats !== undefined))
  }

  /** Accepts no more, lets what is under way end, and ends all threads. True where nothing was under way any more. */
  async drain(drainMs: number): Promise<boolean> {
    this.#isClosing = true
    const answers = await Promise.all([...this.#members].map((member) => member.drain(drainMs)))
    await this[Symbol.asyncDispose]()
    return answers.every(Boolean)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true
    for (const timer of this.#restarts) clearTimeout(timer)
    await Promise.all([...this.#members].map((member) => member.end()))
    this.#members.clear()
  }

  #open(): Member {
    const handle = this.#shared.share()
    const member: Member = new Member(
      this.#options.openWorker(),
      handle,
      this.#limits,
      this.#options,
      (error) => {
        this.#forget(handle)
        this.#onEnd(member, error)
      },
    )
    this.#members.add(member)
    return member
  }

  /** What a thread shared that has ended. Another that has ended as well may hold it up, until that one is forgotten. */
  #forget(handle: SharedHandle): void {
    if (this.#shared.forget(handle) || this.#isClosing) return
    const timer = setTimeout(() => {
      this.#restarts.delete(timer)
      this.#forget(handle)
    }, RESTART_MS)
    this.#restarts.add(timer)
  }

  #onEnd(member: Member, error: Error): void {
    if (!this.#members.delete(member) || this.#isClosing) return
    this.#restartCount++
    this.#options.onCrash(error)
    const timer = setTimeout(() => {
      this.#restarts.delete(timer)
      if (this.#spec === undefined || this.#isClosing) return
      this.#open().reload(this.#spec, this.#filters, this.#off).catch(this.#options.onCrash)
    }, RESTART_MS)
    this.#restarts.add(timer)
  }
}

/** One thread, and what it has been asked. */
class Member {
  readonly #worker: Worker
  readonly #asked = new Map<number, PromiseWithResolvers<WorkerReply>>()
  /** For the thread's first configuration. */
  #unsent: SharedHandle | undefined
  readonly #limits: SharedArrayBuffer
  #lastId = 0

  constructor(
    worker: Worker,
    shared: SharedHandle,
    limits: SharedArrayBuffer,
    { onLog, onSpans, onFilter }: Pick<GatewayFleetOptions, 'onLog' | 'onSpans' | 'onFilter'>,
    onEnd: (error: Error) => void,
  ) {
    this.#worker = worker
    this.#unsent = shared
    this.#limits = limits
    let failure: Error | undefined
    worker.on('message', (message: WorkerMessage) => {
      if (message.kind === 'log') onLog(message)
      else if (message.kind === 'spans') onSpans?.(message)
      else if ('filter' in message) onFilter(message)
      else {
        this.#asked.get(message.id)?.resolve(message)
        this.#asked.delete(message.id)
      }
    })
    worker.on('error', (error) => (failure = ExtendError.from(error, 'runtime')))
    worker.on('exit', (code) => {
      const error = failure ?? new ExtendError('runtime', `a worker has ended with code ${code}`)
      for (const { reject } of this.#asked.values()) reject(error)
      this.#asked.clear()
      onEnd(error)
    })
  }

  async reload(
    spec: GatewaySpec,
    filters: readonly FilterToRun[],
    off: ReadonlySet<string>,
  ): Promise<ReadonlyMap<string, number>> {
    const shared = this.#unsent
    this.#unsent = undefined
    const reply = await this.#ask({
      kind: 'reload',
      spec,
      filters: { shared, filters, off: [...off] },
      limits: this.#limits,
    })
    if (reply.kind === 'reloaded') return reply.ports
    if (reply.kind === 'failed') throw new ExtendError(reply.code as ExtendErrorCode, reply.message)
    throw new ExtendError('runtime', `a worker has answered with ${reply.kind}`)
  }

  async stats(): Promise<GatewayStats | undefined> {
    const { promise: late, resolve } = Promise.withResolvers<undefined>()
    const timer = setTimeout(resolve, STATS_MS_MAX, undefined)
    const reply = await Promise.race([this.#ask({ kind: 'stats' }).catch(() => undefined), late])
    clearTimeout(timer)
    return reply?.kind === 'stats' ? reply.stats : undefined
  }

  async filters(command: FilterCommand): Promise<FilterAnswer | undefined> {
    const reply = await this.#ask({ kind: 'filters', command }).catch(() => undefined)
    return reply?.kind === 'filters' ? reply.answer : undefined
  }

  async drain(drainMs: number): Promise<boolean> {
    const reply = await this.#ask({ kind: 'drain', drainMs }).catch(() => undefined)
    return reply?.kind === 'drained' && reply.isDone
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }

  #ask(asked: Asked): Promise<WorkerReply> {
    const id = ++this.#lastId
    const answer = Promise.withResolvers<WorkerReply>()
    this.#asked.set(id, answer)
    this.#worker.postMessage({ ...asked, id })
    return answer.promise
  }
}

function withPorts(spec: GatewaySpec, ports: ReadonlyMap<string, number>): GatewaySpec {
  return {
    ...spec,
    listeners: spec.listeners.map((listener) => ({
      ...listener,
      port: listener.port === 0 ? (ports.get(listener.name) ?? 0) : listener.port,
    })),
  }
}
