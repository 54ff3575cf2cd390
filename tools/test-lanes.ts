// Several runs of node:test at once, told as one: what a file tells in one piece, and one summary of all.
import { PassThrough } from 'node:stream'
import type { TestEvent } from 'node:test/reporters'

/** What the runner's summary counts, in its order. */
const COUNTS = ['tests', 'suites', 'pass', 'fail', 'cancelled', 'skipped', 'todo'] as const
const COUNT = new RegExp(`^(${COUNTS.join('|')}) (\\d+)$`)

/** The events of a run of node:test. */
export type Lane = AsyncIterable<TestEvent>

/** All lanes at once. */
export class TestLanes {
  /** For a reporter of node:test. */
  readonly events = new PassThrough({ objectMode: true })
  readonly #counts = new Map<string, number>(COUNTS.map((name) => [name, 0]))
  readonly #startedAt = performance.now()
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
      // A reporter follows one file at a time.
      if (event.type === 'test:summary') release()
    }
    release()
  }

  /** Adds up what the lane's own summary says. */
  #isCounted({ type, data }: TestEvent): boolean {
    if (type !== 'test:diagnostic' || data.nesting !== 0 || data.file !== undefined) return false
    const [, name, count] = COUNT.exec(data.message) ?? []
    if (name !== undefined) this.#counts.set(name, this.#counts.get(name)! + Number(count))
    return name !== undefined || data.message.startsWith('duration_ms ')
  }

  #end(): void {
    const lines = [...this.#counts].map(([name, count]) => `${name} ${count}`)
    lines.push(`duration_ms ${performance.now() - this.#startedAt}`)
    for (const message of lines)
      this.events.write({ type: 'test:diagnostic', data: { nesting: 0, message, level: 'info' } })
    this.events.end()
  }
}
