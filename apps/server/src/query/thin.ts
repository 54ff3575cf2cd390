import type { GoFigures } from '@quadrant/proto'
import type { NsRange } from '../store/store.ts'

/**
 * At most so many samples of one process: of each of equal parts of the range the one with the lowest heap and the one
 * with the highest, and the newest of all. All of them were read so; nothing is averaged.
 *
 * @param figures of one process, by time
 */
export function thinFigures(
  figures: readonly GoFigures[],
  { range, pointsMax }: { readonly range: NsRange; readonly pointsMax: number },
): readonly GoFigures[] {
  if (figures.length <= pointsMax) return figures
  const newest = figures.at(-1)!
  const parts = Math.floor((pointsMax - 1) / 2)
  if (parts === 0) return [newest]
  const lengthNs = (range.endNs - range.startNs) / parts
  const kept: GoFigures[] = []
  let part = -1
  let low = newest
  let high = newest
  const keep = () => {
    if (part === -1) return
    if (low === high) kept.push(low)
    else kept.push(...(low.timeNs < high.timeNs ? [low, high] : [high, low]))
  }
  for (const one of figures) {
    const at = Math.min(Math.floor((one.timeNs - range.startNs) / lengthNs), parts - 1)
    if (at !== part) {
      keep()
      part = at
      low = high = one
    } else if (one.heapLiveBytes < low.heapLiveBytes) low = one
    else if (one.heapLiveBytes > high.heapLiveBytes) high = one
  }
  keep()
  if (kept.at(-1) !== newest) kept.push(newest)
  return kept
}
