// Several runs of node:test at once, told as one: what a file tells in one piece, and one summary of all.
import { relative } from 'node:path'
import { PassThrough } from 'node:stream'
import type { TestEvent } from 'node:test/reporters'

/** What the runner's summary counts, in its order. */
const COUNTS = ['tests', 'suites', 'pass', 'fail', 'cancelled', 'skipped', 'todo'] as const
const COUNT = new RegExp(`^(${COUNTS.join('|')}) (\\d+)$`)

/** So many of the slowest files are told: where time goes that a change could take back. */
const SLOWEST_COUNT = 15

/** The events of a run of node:test. */
export type Lane = AsyncIterable<TestEvent>

/** All lanes at once. */
export class TestLanes {
  /** For a reporter of node:test. */
  readonly events = new PassThrough({ objectMode: true })
  readonly #counts = new Map<string, number>(COUNTS.map((name) => [name, 0]))
  readonly #startedAt = performance.now()
  readonly #fileMs = new Map<string, number>()
  readonly #laneMs: number[] = []
  #isPassed = true

  constructor(lanes: readonly Lane[]) {
    void Promise.all(lanes.map((lane) => this.#follow(lane))).then(
      () => this.#end(),
      (error: unknown) => this.events.destroy(error instanceof Error ? error : new Error(String(error))),
    )
  }

  /** When the events have ended: whether every lane passed. */
  get isPassed(): boolean {
    return this.#isPassed
  }

  async #follow(lane: Lane): Promise<void> {
    let held: TestEvent[] = []
    const release = () => {
      for (const event of held) this.events.write(event)
      held = []
    }
    for await (const event of lane) {
      if (event.type === 'test:summary' && event.data.file === undefined)
        this.#isPassed &&= event.data.success
      else if (!this.#isCounted(event)) held.push(event)
      if (event.type === 'test:summary' && event.data.file !== undefined)
        this.#fileMs.set(event.data.file, event.data.duration_ms)
      // A reporter follows one file at a time.
      if (event.type === 'test:summary') release()
    }
    release()
    this.#laneMs.push(performance.now() - this.#startedAt)
  }

  /** Adds up what the lane's own summary says. */
  #isCounted({ type, data }: TestEvent): boolean {
    if (type !== 'test:diagnostic' || data.nesting !== 0 || data.file !== undefined) return false
    const [, name, count] = COUNT.exec(data.message) ?? []
    if (name !== undefined) this.#counts.set(name, this.#counts.get(name)! + Number(count))
    return name !== undefined || data.message.startsWith('duration_ms ')
  }

  #end(): void {
    const lines = this.#times()
    for (const [name, count] of this.#counts) lines.push(`${name} ${count}`)
    lines.push(`duration_ms ${performance.now() - this.#startedAt}`)
    for (const message of lines)
      this.events.write({ type: 'test:diagnostic', data: { nesting: 0, message, level: 'info' } })
    this.events.end()
  }

  #times(): string[] {
    const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
    const slowest = [...this.#fileMs].toSorted(([, one], [, other]) => other - one).slice(0, SLOWEST_COUNT)
    return [
      `lanes took ${this.#laneMs.map(seconds).join(' and ')}; slowest files:`,
      ...slowest.map(([file, ms]) => `${seconds(ms).padStart(8)} ${relative(process.cwd(), file)}`),
    ]
  }
}
