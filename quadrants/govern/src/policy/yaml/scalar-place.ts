import type { TextRange } from '@quadrant/core'
import { placeOf, type YamlNode, type YamlPath } from './yaml-node.ts'

/**
 * Where a part of a text stands in the document: `start` and `end` count in the text as it is read, and the place may be
 * within a block scalar, quotes or escapes (YAML 1.2.2, sections 7.3 and 8.1). Without a document there is no place.
 */
export function scalarPlace(
  root: YamlNode,
  document: string,
  path: YamlPath,
  start: number,
  end: number,
): TextRange {
  const whole = placeOf(root, path)
  const scalar = nodeAt(root, path)
  if (scalar?.kind !== 'scalar' || typeof scalar.value !== 'string' || document === '') return whole
  const offsets = offsetsOf(document, scalar.start, scalar.end, scalar.value)
  if (!offsets) return whole
  const from = offsets[Math.min(start, offsets.length - 1)]!
  const to = end > start ? offsets[Math.min(end - 1, offsets.length - 1)]! + 1 : from + 1
  return { start: from, end: Math.max(to, from + 1) }
}

function nodeAt(root: YamlNode, path: YamlPath): YamlNode | undefined {
  let node: YamlNode | undefined = root
  for (const step of path)
    node =
      node?.kind === 'map'
        ? node.entries.find(({ key }) => key === step)?.value
        : node?.kind === 'list'
          ? node.items[Number(step)]
          : undefined
  return node
}

/**
 * For each code unit of the value its offset in the document. White space may be folded, everything else stands there
 * as it is or as an escape, in the same order. Undefined where that does not come out.
 */
function offsetsOf(document: string, from: number, to: number, value: string): readonly number[] | undefined {
  const quote = document[from]
  const isDouble = quote === '"'
  const isSingle = quote === "'"
  let at =
    isDouble || isSingle ? from + 1 : /[|>]/.test(quote ?? '') ? document.indexOf('\n', from) + 1 : from
  const offsets: number[] = []
  for (let index = 0; index < value.length;) {
    const unit = value[index]!
    if (isDouble && document[at] === '\\' && !/[\r\n]/.test(document[at + 1] ?? '')) {
      const escape = /^\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)/s.exec(
        document.slice(at, at + 10),
      )
      if (!escape) return undefined
      const units = escape[0].startsWith('\\U') && value.codePointAt(index)! > 0xff_ff ? 2 : 1
      for (let count = 0; count < units; count++) offsets.push(at)
      index += units
      at += escape[0].length
    } else if (/\s/.test(unit)) {
      // Folded white space stands where the next character of any kind is.
      offsets.push(at)
      index++
      if (document[at] === unit) at++
    } else {
      const skipped = isDouble ? /[\s\\]*/y : /\s*/y
      skipped.lastIndex = at
      if (document[at] !== unit) at += skipped.exec(document)?.[0].length ?? 0
      if (at >= to || document[at] !== unit) return undefined
      offsets.push(at)
      index++
      at += isSingle && unit === "'" ? 2 : 1
    }
  }
  return offsets.length > 0 ? offsets : undefined
}
