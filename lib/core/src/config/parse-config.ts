import { type Document, parseDocument, visit } from 'yaml'
import { type ConfigReader, type Place, placeOf } from './config-reader.ts'

/** Files of people are a few kilobytes. */
const TEXT_LENGTH_MAX = 1 << 20
const DEPTH_MAX = 32

/** Where what a file lacks altogether is said. */
export function wholeOf(source: string): Place {
  return { node: undefined, range: { start: 0, end: Math.min(source.length, 1) } }
}

/**
 * The YAML of a file that people write, with positions. Undefined, and reported, where it is none, or where it is larger
 * or deeper than any such file; aliases are refused.
 */
export function parseConfig(source: string, reader: ConfigReader): Document.Parsed | undefined {
  const whole = wholeOf(source)
  if (source.length > TEXT_LENGTH_MAX) {
    reader.wrong(reader.codes.tooLarge, whole, `a file has at most ${TEXT_LENGTH_MAX} characters`)
    return undefined
  }
  if (isTooDeep(source)) {
    reader.wrong(reader.codes.tooLarge, whole, `more than ${DEPTH_MAX} levels`)
    return undefined
  }
  const document = parseDocument(source, { prettyErrors: false, logLevel: 'silent' })
  for (const { pos, message } of [...document.errors, ...document.warnings])
    reader.wrong(reader.codes.syntax, { node: undefined, range: { start: pos[0], end: pos[1] } }, message)
  if (document.errors.length > 0) return undefined
  let isSound = true
  visit(document, (_key, node, path) => {
    if (path.length > DEPTH_MAX * 2) isSound = false
    return isSound ? undefined : visit.BREAK
  })
  if (!isSound) reader.wrong(reader.codes.tooLarge, whole, `more than ${DEPTH_MAX} levels`)
  visit(document, {
    Alias(_key, node) {
      isSound = false
      reader.wrong(
        reader.codes.syntax,
        placeOf(node, whole.range),
        'aliases are not understood here',
        'write the value out',
      )
    },
  })
  return isSound ? document : undefined
}

/** The parser recurses: brackets and indentation are counted before it sees them. */
function isTooDeep(source: string): boolean {
  let depth = 0
  for (const character of source)
    if (character === '[' || character === '{') {
      if (++depth > DEPTH_MAX) return true
    } else if (character === ']' || character === '}') depth = Math.max(0, depth - 1)
  return /^[ \t]{256}/m.test(source) || /(?:[-?:][ \t]+){64}/.test(source)
}
