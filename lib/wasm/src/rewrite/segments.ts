/**
 * Which segments are charged with the one before them, though they may be left out, or come to without it: those of at
 * most so much, as long as the other is charged with no more than that. Together with what each turn of a loop costs this
 * bounds what a program can do for a unit.
 */
export const Fold = {
  /** What may be left out. */
  SKIPPED: { costMax: 8, totalMax: 32 },
  /** What hardly ever is come to in another way. */
  RESUMED: { costMax: 48, totalMax: 128 },
} as const

/** So many instructions that cost nothing cost one unit: a compiler in a hurry makes code of them, too. */
const FREE_TOGETHER = 4

/** No segment: code that is never reached. */
export const NOWHERE = -1

/**
 * Pieces of a function that run from their start to their end, and so are charged at once, at the start. In the order of
 * their places in the code.
 */
export class Segments {
  /** Byte offsets in the module. */
  readonly places: number[] = []
  readonly costs: number[] = []
  /** Instructions that cost nothing by themselves. */
  readonly #freeCounts: number[] = []
  /** Whether it is looked there if there is fuel left. */
  readonly isChecked: boolean[] = []
  /** The segment that it may be charged with, or NOWHERE. */
  readonly #before: number[] = []
  readonly #folds: (typeof Fold)[keyof typeof Fold][] = []

  begin(place: number, before: number, fold: (typeof Fold)[keyof typeof Fold] = Fold.SKIPPED): number {
    this.places.push(place)
    this.costs.push(0)
    this.#freeCounts.push(0)
    this.isChecked.push(false)
    this.#before.push(before)
    this.#folds.push(fold)
    return this.places.length - 1
  }

  add(segment: number, cost: number): void {
    if (segment !== NOWHERE) this.costs[segment]! += cost
  }

  /** An instruction that costs nothing, but together with others. */
  addFree(segment: number): void {
    if (segment === NOWHERE) return
    if (++this.#freeCounts[segment]! % FREE_TOGETHER === 0) this.costs[segment]!++
  }

  check(segment: number): void {
    this.isChecked[segment] = true
  }

  /** Others pay for it, and look. */
  free(segment: number): void {
    if (segment === NOWHERE) return
    this.costs[segment] = 0
    this.isChecked[segment] = false
  }

  get totalCost(): number {
    return this.costs.reduce((sum, cost) => sum + cost, 0)
  }

  clear(): void {
    this.places.length = 0
    this.costs.length = 0
    this.#freeCounts.length = 0
    this.isChecked.length = 0
    this.#before.length = 0
    this.#folds.length = 0
  }

  /** Charges small segments with the one before them. From the last on, as each stands behind its `before`. */
  fold(): void {
    for (let segment = this.places.length - 1; segment >= 0; segment--) {
      const before = this.#before[segment]!
      const cost = this.costs[segment]!
      const { costMax, totalMax } = this.#folds[segment]!
      if (before === NOWHERE || cost === 0 || cost > costMax || this.costs[before]! + cost > totalMax)
        continue
      this.costs[before]! += cost
      this.costs[segment] = 0
    }
  }
}
