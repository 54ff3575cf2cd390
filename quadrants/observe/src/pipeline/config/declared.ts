import type { Place } from '@quadrant/core/config'

/** A component with where it was declared. */
export interface Declared<T> {
  readonly spec: T
  readonly place: Place
}
