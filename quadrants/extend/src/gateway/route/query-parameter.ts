/** What the first parameter with this name says, as it was written; empty where it has no `=`. */
export function queryParameter(query: string, name: string): string | undefined {
  if (query === '') return undefined
  let at = 0
  while (at <= query.length) {
    const found = query.indexOf('&', at)
    const end = found === -1 ? query.length : found
    if (query.startsWith(name, at)) {
      const after = at + name.length
      if (after === end) return ''
      if (query.charCodeAt(after) === EQUALS) return query.slice(after + 1, end)
    }
    at = end + 1
  }
  return undefined
}

const EQUALS = 0x3d
