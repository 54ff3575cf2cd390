import type { PathRules } from '../config/listener-spec.ts'
import type { PathOutcome, PathRejection } from './path-outcome.ts'

/** What makes a closer look necessary. */
const SPECIAL = /[%\\#]|[^\x21-\x7e]|\/[./]/
const FORBIDDEN = /[#]|[^\x21-\x7e]/
/** Letters, digits and `-._~` mean the same escaped or not (RFC 3986 2.3). */
const UNRESERVED = /[A-Za-z0-9._~-]/

/**
 * The target of a request as everybody behind this point is to see it: what two programs could read in two ways is
 * written in one, or refused. So no route is passed by because a path was spelled otherwise.
 *
 * 1. Characters that may not be in a target, broken escapes and `%00` are refused.
 * 2. Escapes of unreserved characters are undone, others get capital letters (RFC 3986 6.2.2.1, 6.2.2.2).
 * 3. Escaped slashes become what the rules say.
 * 4. Slashes in a row become one.
 * 5. `.` and `..` are resolved (RFC 3986 5.2.4); `..` above the root is refused, and so is `..;`, which some programs take
 *    for `..`.
 *
 * The query stays as it is.
 */
export function normalizePath(target: string, rules: PathRules): PathOutcome {
  if (target === '*') return { kind: 'pass', path: target }
  if (target.charCodeAt(0) !== SLASH) return reject('form')
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  const query = mark === -1 ? '' : target.slice(mark)
  if (query !== '' && FORBIDDEN.test(query)) return reject('characters')
  if (!SPECIAL.test(path)) return { kind: 'pass', path: target }
  if (FORBIDDEN.test(path)) return reject('characters')
  if (path.includes('\\')) return reject('backslash')

  const unescaped = unescape(path, rules)
  if (unescaped.rejection) return reject(unescaped.rejection)
  let result = unescaped.path
  if (rules.mergeSlashes) result = result.replaceAll(/\/{2,}/g, '/')
  if (rules.isNormalized && result.includes('/.')) {
    const resolved = resolveDots(result)
    if (resolved === undefined) return reject('above-root')
    result = resolved
  }
  const isRedirect = unescaped.hadSlash && rules.escapedSlashes === 'redirect'
  // Sent to `//host/…` a client would go to that host (RFC 3986 4.2).
  if (isRedirect && result.startsWith('//')) return reject('escaped-slash')
  return {
    kind: isRedirect ? 'redirect' : 'pass',
    path: result + query,
  }
}

interface Unescaped {
  readonly path: string
  readonly hadSlash: boolean
  readonly rejection: PathRejection | undefined
}

function unescape(path: string, { isNormalized, escapedSlashes }: PathRules): Unescaped {
  if (!path.includes('%')) return { path, hadSlash: false, rejection: undefined }
  let hadSlash = false
  let rejection: PathRejection | undefined
  const result = path.replaceAll(/%([0-9A-Fa-f]{2})?/g, (whole, digits?: string) => {
    if (digits === undefined) {
      rejection ??= 'escape'
      return whole
    }
    const code = Number.parseInt(digits, 16)
    if (code === 0) rejection ??= 'nul'
    if (code === SLASH || code === BACKSLASH) {
      hadSlash = true
      if (escapedSlashes === 'reject') rejection ??= 'escaped-slash'
      return escapedSlashes === 'keep' ? whole.toUpperCase() : '/'
    }
    if (!isNormalized) return whole
    const character = String.fromCharCode(code)
    return UNRESERVED.test(character) ? character : whole.toUpperCase()
  })
  return { path: result, hadSlash, rejection }
}

/** Undefined where it leads above the root. */
function resolveDots(path: string): string | undefined {
  const segments = path.slice(1).split('/')
  const kept: string[] = []
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1
    if (segment.startsWith('..;') || segment.startsWith('.;')) return undefined
    if (segment === '..') {
      if (kept.length === 0) return undefined
      kept.pop()
    } else if (segment !== '.') {
      kept.push(segment)
      continue
    }
    // `/a/.` and `/a/b/..` are `/a/`: what a segment is resolved to ends in a slash.
    if (isLast) kept.push('')
  }
  return `/${kept.join('/')}`
}

function reject(reason: PathRejection): PathOutcome {
  return { kind: 'reject', reason }
}

const SLASH = 0x2f
const BACKSLASH = 0x5c
