import type { Cluster, HealthCheckDue } from '../cluster/cluster.ts'
import type { GatewayThread } from '../gateway-thread.ts'
import { Deadline, type DeadlineOwner } from '../time/deadline-wheel.ts'
import type { ClientTls } from '../transport/transport.ts'
import { HttpCheck } from './http-check.ts'
import { TcpCheck } from './tcp-check.ts'

/** A check that is under way. */
export interface RunningCheck {
  /** Nobody wants its result any more. */
  cancel(): void
}

/** Looks after the health of a cluster's endpoints: `Cluster` says when and what it means, this asks them. */
export class HealthChecks implements DeadlineOwner {
  readonly #cluster: Cluster
  readonly #thread: GatewayThread
  readonly #tlsOf: (host: string) => ClientTls | undefined
  readonly #deadline = new Deadline(this)
  readonly #running = new Set<RunningCheck>()
  #isClosed = false

  constructor(cluster: Cluster, thread: GatewayThread, tlsOf: (host: string) => ClientTls | undefined) {
    this.#cluster = cluster
    this.#thread = thread
    this.#tlsOf = tlsOf
  }

  begin(): void {
    if (!this.#isClosed) this.onDeadline()
  }

  onDeadline(): void {
    const { due, nextMs } = this.#cluster.healthChecksDue()
    for (const one of due) this.#run(one)
    this.#thread.wheel.set(this.#deadline, Math.min(nextMs, LOOK_AGAIN_MS))
  }

  close(): void {
    this.#isClosed = true
    this.#thread.wheel.clear(this.#deadline)
    for (const check of this.#running) check.cancel()
    this.#running.clear()
  }

  #run(due: HealthCheckDue): void {
    const { endpoint, check } = due
    const tls = this.#tlsOf(endpoint.host)
    let running: RunningCheck | undefined
    let isOver = false
    const tell = (isSuccess: boolean) => {
      if (isOver) return
      isOver = true
      if (running !== undefined) this.#running.delete(running)
      if (this.#isClosed) return
      this.#cluster.healthCheckResult(due, isSuccess)
      // Only now is it known when the next is due.
      this.#thread.wheel.set(this.#deadline, 1)
    }
    running =
      check.kind === 'tcp'
        ? new TcpCheck(this.#thread, endpoint, check.timeoutMs, tell)
        : new HttpCheck(this.#thread, this.#cluster, endpoint, check, tls, tell)
    if (!isOver) this.#running.add(running)
  }
}

/** Endpoints come and go without anybody saying so: they are checked after that time at the latest. */
const LOOK_AGAIN_MS = 1000
