import { percentDecoded } from '../percent-decoded.ts'
import { encoded, SEGMENTS_MAX } from './path-labels.ts'

/** Segments of a path in the encoding of routes, as rules look at them; one more than a rule can have. */
export function literalsOf(path: string): string[] {
  return path
    .split('/', SEGMENTS_MAX + 2)
    .slice(1)
    .map((segment) => {
      const semicolon = segment.indexOf(';')
      return encoded(percentDecoded(semicolon < 0 ? segment : segment.slice(0, semicolon)))
    })
}
