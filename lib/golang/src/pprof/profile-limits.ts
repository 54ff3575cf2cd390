import { GolangError } from '../error.ts'

/** A profile of a large program over minutes has some 10 MB before it is compressed. */
export const PROFILE_BYTES_MAX = 64 << 20

/** Most of each; a message of two bytes becomes an object, so bytes alone would limit nothing. */
const COUNTS_MAX = {
  /** Of the profile itself: it is read once for each kind of message. */
  fields: 1 << 23,
  'sample types': 64,
  samples: 1 << 20,
  mappings: 1 << 16,
  locations: 1 << 20,
  functions: 1 << 20,
  strings: 1 << 21,
  comments: 1 << 12,
  /** Over all samples. */
  'locations of samples': 1 << 24,
  'values of samples': 1 << 24,
  'labels of samples': 1 << 21,
  'lines of locations': 1 << 21,
} as const

/** A function of pathological generics has 16 KB; a comment may have more. */
export const TEXT_BYTES_MAX = 1 << 20

/** Counts what a profile holds. */
export class ProfileCounts {
  readonly #counts = new Map<keyof typeof COUNTS_MAX, number>()

  /** @throws {GolangError} `limit` where there are more than may be */
  add(what: keyof typeof COUNTS_MAX): void {
    const count = (this.#counts.get(what) ?? 0) + 1
    if (count > COUNTS_MAX[what])
      throw new GolangError('limit', `the profile has more than ${COUNTS_MAX[what]} ${what}`)
    this.#counts.set(what, count)
  }
}
