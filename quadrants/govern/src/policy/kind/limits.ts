import { duration, number } from '../schema/declare.ts'

/** A day: nothing of a request takes longer. */
export const DAY_MS = 86_400_000

export const shortDuration = duration({ msMin: 1, msMax: DAY_MS })

/** Of requests, also in parts: `0.1`. */
export const percent = number({ min: 0, max: 100, isWhole: false })

export const count = number({ min: 0, max: 2 ** 31 - 1 })
export const positiveCount = number({ min: 1, max: 2 ** 31 - 1 })
