import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { RefObject } from 'preact'
import type { Size } from '../model/camera.ts'

/** The size of an element as it is laid out; zero until it is. */
export function useSize<T extends Element>(): readonly [RefObject<T | null>, Size] {
  const element = useRef<T>(null)
  const [size, setSize] = useState<Size>({ width: 0, height: 0 })
  useLayoutEffect(() => {
    const target = element.current
    if (!target) return
    const read = () =>
      setSize((before) => {
        const { clientWidth: width, clientHeight: height } = target
        return before.width === width && before.height === height ? before : { width, height }
      })
    read()
    const observer = new ResizeObserver(read)
    observer.observe(target)
    return () => observer.disconnect()
  }, [])
  return [element, size]
}

export function useWidth<T extends Element>(): readonly [RefObject<T | null>, number] {
  const [element, { width }] = useSize<T>()
  return [element, width]
}
