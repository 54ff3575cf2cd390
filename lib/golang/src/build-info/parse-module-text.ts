import type { Analysis, Diagnostic } from '@quadrant/core'
import type { BuildInfo, BuildSetting, GoModule } from './build-info.ts'
import { quotedLength, unquoteGo } from './go-quote.ts'

/** A large program has a thousand dependencies. */
const LINE_COUNT_MAX = 50_000

/** Settings with these characters in key or value are quoted. */
const NEEDS_QUOTES_VALUE = /[ \t\r\n"`]/
const NEEDS_QUOTES_KEY = /[= \t\r\n"`]/

type ModuleText = Omit<BuildInfo, 'goVersion'>

/**
 * Reads the lines that the Go command writes (runtime/debug, BuildInfo.String):
 *
 *     path<TAB>example.com/cmd
 *     mod<TAB>example.com<TAB>v1.2.3<TAB>h1:…
 *     dep<TAB>golang.org/x/net<TAB>v0.1.0
 *     =><TAB>./net<TAB>(devel)<TAB>
 *     build<TAB>-ldflags="-s -w"
 *
 * A line that cannot be read is left out, with a diagnostic at its place in the text.
 */
export function parseModuleText(text: string): Analysis<ModuleText> {
  const diagnostics: Diagnostic[] = []
  const dependencies: GoModule[] = []
  const settings: BuildSetting[] = []
  let path = ''
  let main: GoModule | undefined
  let replaceable: 'main' | 'dependency' | undefined
  let start = 0

  const complain = (code: string, message: string, line: string) =>
    diagnostics.push({
      code,
      severity: 'error',
      message,
      range: { start, end: start + line.length },
    })

  const lines = text.split('\n', LINE_COUNT_MAX + 1)
  if (lines.length > LINE_COUNT_MAX) complain('GOBI005', `more than ${LINE_COUNT_MAX} lines`, '')
  // What stands behind the last newline is no line.
  for (const line of lines.slice(0, -1)) {
    const tab = line.indexOf('\t')
    const word = line.slice(0, tab)
    const rest = line.slice(tab + 1)
    if (tab === -1) {
      // Go skips lines that it does not know.
    } else if (word === 'path') path = rest
    else if (word === 'mod' || word === 'dep') {
      const module = readModule(rest.split('\t'), 2)
      replaceable = undefined
      if (module === undefined) complain('GOBI001', `${word}: path, version and sum are expected`, line)
      else if (word === 'mod') {
        main = module
        replaceable = 'main'
      } else {
        dependencies.push(module)
        replaceable = 'dependency'
      }
    } else if (word === '=>') {
      const replace = readModule(rest.split('\t'), 3)
      if (replace === undefined) complain('GOBI002', 'replacement: path, version and sum are expected', line)
      else if (replaceable === 'main') main = { ...main!, replace }
      else if (replaceable === 'dependency') dependencies.push({ ...dependencies.pop()!, replace })
      else complain('GOBI003', 'a replacement of no module', line)
      replaceable = undefined
    } else if (word === 'build') {
      const setting = readSetting(rest)
      if (typeof setting === 'string') complain('GOBI004', `build setting: ${setting}`, line)
      else settings.push(setting)
    }
    start += line.length + 1
  }
  return { value: { path, main, dependencies, settings }, diagnostics }
}

function readModule(columns: readonly string[], countMin: number): GoModule | undefined {
  if (columns.length < countMin || columns.length > 3) return undefined
  const [path = '', version = '', sum = ''] = columns
  return { path, version, sum }
}

/** `key=value`, either of them quoted; or what is wrong. */
function readSetting(text: string): BuildSetting | string {
  const keyLength = quotedLength(text)
  const isQuoted = text[0] === '"' || text[0] === '`'
  if (isQuoted && keyLength === -1) return 'its quoted key has no end'
  const equals = isQuoted ? keyLength : text.indexOf('=')
  if (equals === -1 || text[equals] !== '=') return 'no = after its key'
  const rawKey = text.slice(0, equals)
  const key = isQuoted ? unquoteGo(rawKey) : rawKey
  if (key === undefined) return 'a broken escape in its key'
  if (!isQuoted && (key === '' || NEEDS_QUOTES_KEY.test(key))) return 'its key needs quotes'
  const rawValue = text.slice(equals + 1)
  if (rawValue[0] === '"' || rawValue[0] === '`') {
    const value = unquoteGo(rawValue)
    return value === undefined ? 'its quoted value is broken' : { key, value }
  }
  return NEEDS_QUOTES_VALUE.test(rawValue) ? 'its value needs quotes' : { key, value: rawValue }
}
