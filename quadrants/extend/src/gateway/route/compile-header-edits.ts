import type { HeaderEditSpec, HeaderValueSpec } from '../config/route-spec.ts'
import { ExtendError } from '../../error.ts'
import { parseFormat } from '../access-log/format-parser.ts'
import type { LogEntry } from '../access-log/log-entry.ts'
import type { HeaderEditor } from './header-editor.ts'

/** What no field may have (RFC 9110 5.5). Errors and names in certificates do, and must not become further fields. */
const UNFIT = /[^\t -~\u0080-\u00ff]/
const UNFIT_ALL = new RegExp(UNFIT, 'g')

interface HeaderValue {
  readonly name: string
  readonly value: (entry: LogEntry) => string
}

/**
 * Makes changes of headers, one after the other, into one. Undefined where there are none. A value of which nothing is
 * known is empty, and then the field is not set.
 *
 * @throws {ExtendError} `argument`, where a value is no format.
 */
export function compileHeaderEdits(edits: readonly HeaderEditSpec[]): HeaderEditor | undefined {
  const steps = edits.flatMap((edit) => {
    const set = edit.set.map(valueOf)
    const add = edit.add.map(valueOf)
    return edit.remove.length + set.length + add.length === 0 ? [] : [{ remove: edit.remove, set, add }]
  })
  if (steps.length === 0) return undefined
  return (headers, entry) => {
    for (const { remove, set, add } of steps) {
      for (const name of remove) headers.remove(name)
      for (const { name, value } of set) {
        const text = value(entry)
        if (text !== '') headers.set(name, text)
      }
      for (const { name, value } of add) {
        const text = value(entry)
        if (text !== '') headers.append(name, text)
      }
    }
  }
}

function valueOf({ name, value }: HeaderValueSpec): HeaderValue {
  const { parts, problems } = parseFormat(value, { isMasked: false })
  const problem = problems.find(({ isWarning }) => !isWarning)
  if (problem) throw new ExtendError('argument', `the value of ${name}: ${problem.message}`)
  const [single] = parts
  if (parts.length === 0) return { name, value: () => '' }
  if (parts.length === 1 && typeof single === 'string') return { name, value: () => single }
  return {
    name,
    value: (entry) => {
      let text = ''
      for (const part of parts) text += typeof part === 'string' ? part : (part(entry) ?? '')
      return UNFIT.test(text) ? text.replaceAll(UNFIT_ALL, ' ') : text
    },
  }
}
