import { intervalOf, type Interval, type TimeSelection } from '../model/time-range.ts'
import { keepAsking } from './asking.ts'
import { isStripHeld } from './strip-axis.ts'

/**
 * Keeps asking for what a strip draws, but while somebody reads it or nobody looks at the page. What was selected anew
 * is asked for once, whoever holds what was before.
 *
 * @param ask asks for an interval
 * @param onAnswer takes the answer over
 * @param onError what went wrong, in words
 * @returns ends it: what is under way is aborted
 */
export function keepAskingForStrip<A>(
  selected: TimeSelection,
  ask: (interval: Interval, signal: AbortSignal) => Promise<A>,
  onAnswer: (answer: A, interval: Interval) => void,
  onError: (text: string) => void,
): () => void {
  let isAnswered = false
  const isFixed = () => isAnswered && (document.hidden || isStripHeld.peek())
  return keepAsking(
    selected,
    async (signal) => {
      if (isFixed()) return
      const interval = intervalOf(selected, Date.now())
      const answer = await ask(interval, signal)
      if (signal.aborted || isFixed()) return
      onAnswer(answer, interval)
      isAnswered = true
    },
    onError,
  )
}
