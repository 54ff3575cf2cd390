import { DropSum, type Drop } from '@quadrant/proto'
import { note, type Context } from '../context.ts'
import { dropText } from '../output/drop-text.ts'

/** What an answer of the server says of itself. */
interface Losses {
  readonly omitted: number
  readonly drops: readonly Drop[]
}

export interface LossNotesOptions {
  /** What a row is, in the plural. */
  readonly rows: string
  /** Most rows that the server gives. */
  readonly rowsMax: number
}

/** Between two tellings while following: a person reads no more. */
const INTERVAL_MS = 5000

/**
 * What is not in the output, and why: on stderr, so that no one takes the rows for all there was. The first loss is
 * told at once, those after it together every five seconds; the end of a follower tells the sum.
 */
export class LossNotes implements Disposable {
  readonly #context: Context
  readonly #options: LossNotesOptions
  readonly #pending = new DropSum()
  readonly #total = new DropSum()
  #passedOver = 0
  #passedOverTotal = 0
  #follows = false
  #timer: NodeJS.Timeout | undefined

  constructor(context: Context, options: LossNotesOptions) {
    this.#context = context
    this.#options = options
  }

  /** Of the past. `omitted` are older rows, told unless they were left out on purpose ("the last 20"). */
  past({ omitted, drops }: Losses, tellsOmitted: boolean): void {
    if (tellsOmitted && omitted > 0)
      this.#note(
        `${omitted} older ${this.#options.rows} matched and are over the limit of ${this.#options.rowsMax}`,
      )
    this.#total.add(drops)
    for (const drop of drops) if (drop.count > 0) this.#note(dropText(drop))
  }

  /** Of what came while following. `omitted` are rows that this reader was too slow for. */
  live({ omitted, drops }: Losses): void {
    if (omitted === 0 && drops.length === 0) return
    this.#follows = true
    this.#pending.add(drops)
    this.#total.add(drops)
    this.#passedOver += omitted
    this.#passedOverTotal += omitted
    if (!this.#timer) this.#tell()
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    if (!this.#follows) return
    for (const drop of this.#total.list()) this.#note(`in all ${dropText(drop)}`)
    if (this.#passedOverTotal > 0) this.#note(`in all ${this.#describePassedOver(this.#passedOverTotal)}`)
  }

  /** Tells what is pending, and looks again after a while; until nothing is. */
  #tell(): void {
    this.#timer = undefined
    if (this.#pending.isEmpty && this.#passedOver === 0) return
    for (const drop of this.#pending.take()) this.#note(dropText(drop))
    if (this.#passedOver > 0) this.#note(this.#describePassedOver(this.#passedOver))
    this.#passedOver = 0
    this.#timer = setTimeout(() => this.#tell(), INTERVAL_MS).unref()
  }

  #note(text: string): void {
    note(this.#context, `note: ${text}`)
  }

  #describePassedOver(count: number): string {
    return `${count} ${this.#options.rows} passed over, this output is read too slowly; the store has them`
  }
}
