/** Follows the pointer that was pressed until it is let go, wherever on the page that is. */
export function followPointer(onMove: (move: PointerEvent) => void, onEnd?: () => void): void {
  const end = () => {
    removeEventListener('pointermove', onMove)
    removeEventListener('pointerup', end)
    removeEventListener('pointercancel', end)
    onEnd?.()
  }
  addEventListener('pointermove', onMove)
  addEventListener('pointerup', end)
  addEventListener('pointercancel', end)
}
