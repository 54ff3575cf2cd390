import { rowOf } from '../model/flame-layout.ts'
import { describeFrame, type FlameScene } from '../model/flame-scene.ts'
import { childFrames, framePath } from '../model/flame-walk.ts'

const CHILDREN_NAMED = 30
const ROOTS_NAMED = 30

interface FlameTreeProps {
  readonly scene: FlameScene
  /** What the keyboard stands on; -1 for nothing. */
  readonly frame: number
}

/** The part of a flame graph around one frame, as a tree of words: how it was reached, and what it calls. */
export function FlameTree({ scene, frame }: FlameTreeProps) {
  const { layout } = scene
  const path = frame < 0 ? [] : framePath(layout, frame)
  const [first, end] = frame < 0 ? [0, layout.rowStart[1] ?? 0] : childFrames(layout, frame)
  const below = Array.from(
    { length: Math.min(end - first, frame < 0 ? ROOTS_NAMED : CHILDREN_NAMED) },
    (_, i) => first + i,
  )
  return (
    <div class="unseen">
      {[...path, ...below].map((at) => (
        <div
          key={at}
          id={`frame-${at}`}
          role="treeitem"
          aria-level={rowOf(layout, at) + 1}
          aria-selected={at === frame}
          aria-expanded={path.includes(at) ? true : undefined}
        >
          {describeFrame(scene, at)}
        </div>
      ))}
    </div>
  )
}
