/**
 * Whether the whole text matches a pattern of literals, `*` (any run) and `?` (any one character).
 * Linear in practice and at worst pattern × text: one backtrack point, as in Go's path.Match discussions (rsc, "Glob matching can be simple and fast").
 */
export function globMatch(pattern: string, text: string): boolean {
  let p = 0
  let t = 0
  let starAt = -1
  let starText = 0
  while (t < text.length) {
    if (p < pattern.length && (pattern[p] === '?' || (pattern[p] !== '*' && pattern[p] === text[t]))) {
      p++
      t++
    } else if (pattern[p] === '*') {
      starAt = p++
      starText = t
    } else if (starAt !== -1) {
      p = starAt + 1
      t = ++starText
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}
