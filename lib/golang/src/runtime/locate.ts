import type { VariableAnchor } from './release.ts'

/** The references of a function, by its name; undefined where the program does not have it. */
export type ReferencesOf = (functionName: string) => ReadonlySet<number> | undefined

/** How sure a place is. */
export interface LocatedVariable {
  readonly address: number
  /** References of the anchors that fit it, of how many there are. */
  readonly fits: number
  readonly of: number
}

/** Of the anchors' references, at least this share must fit. */
const FITS_SHARE_MIN = 0.75

/** And at least so many: one alone proves nothing. */
const FITS_MIN = 3

/** No other place may fit more than this share of what the best fits. */
const RIVAL_SHARE_MAX = 0.75

/** A place must lie at a multiple of it. */
const ALIGN = 4

/**
 * Finds a variable by the functions that refer to it: the one address from which most of the anchors' offsets are
 * referred to. Undefined where too few fit, or where another fits nearly as well.
 */
export function locateVariable(
  anchors: readonly VariableAnchor[],
  referencesOf: ReferencesOf,
): LocatedVariable | undefined {
  const fits = new Map<number, number>()
  let total = 0
  for (const { function: name, offsets } of anchors) {
    total += offsets.length
    for (const reference of referencesOf(name) ?? [])
      for (const offset of offsets) {
        const base = reference - offset
        if (base % ALIGN === 0) fits.set(base, (fits.get(base) ?? 0) + 1)
      }
  }
  let best = { address: -1, fits: 0 }
  let rivalFits = 0
  for (const [address, count] of fits)
    if (count > best.fits) {
      rivalFits = best.fits
      best = { address, fits: count }
    } else if (count > rivalFits) rivalFits = count
  const isClear =
    best.fits >= FITS_MIN && best.fits >= total * FITS_SHARE_MIN && rivalFits <= best.fits * RIVAL_SHARE_MAX
  return isClear ? { ...best, of: total } : undefined
}
