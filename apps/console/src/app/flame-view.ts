import { toggleApartSeconds } from '../model/comparison-time.ts'
import type { FlameViewId } from '../model/view-state.ts'
import { go, view } from './view.ts'

/** Looks at the profile in another way. A difference needs something to differ from: B is set where there is none. */
export function showFlame(flame: FlameViewId) {
  const { apartSeconds, time } = view.peek()
  if (flame === 'diff' && apartSeconds === 0)
    go({ flame, table: false, apartSeconds: toggleApartSeconds(0, time) })
  else go({ flame, table: false })
}
