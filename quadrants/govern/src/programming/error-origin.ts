import { keyText, type Origin } from '../ir/origin.ts'
import type { SourceMap } from '../ir/source-map.ts'

/** Shorter texts stand in any message. */
const TEXT_LENGTH_MIN = 4
const VALUES_MAX = 100_000

/**
 * Which part of the policies an error of a proxy is about: what it quotes of a message, such as the name of a filter, comes
 * from somewhere. The longest text that it quotes says most, as far as it is not from where all of the message is.
 */
export function errorOrigin(message: object, error: string, sources: SourceMap): Origin | undefined {
  const whole = sources.originOf(message, [])
  let best = whole
  let bestLength = TEXT_LENGTH_MIN - 1
  let valueCount = 0
  const consider = (text: string, origin: Origin | undefined): void => {
    if (text.length <= bestLength || !origin || isSame(origin, whole) || !error.includes(text)) return
    best = origin
    bestLength = text.length
  }
  const walk = (value: unknown, origin: Origin | undefined): void => {
    if (valueCount++ > VALUES_MAX) return
    if (typeof value === 'string') consider(value, origin)
    if (typeof value !== 'object' || value === null) return
    for (const [key, inner] of Object.entries(value)) {
      if (key === '@type') continue
      const own = sources.originOf(value, [key]) ?? origin
      consider(key, own)
      walk(inner, own)
    }
  }
  walk(message, whole)
  return best
}

function isSame(a: Origin, b: Origin | undefined): boolean {
  return (
    b !== undefined && keyText(a.resource) === keyText(b.resource) && a.path.join('/') === b.path.join('/')
  )
}
