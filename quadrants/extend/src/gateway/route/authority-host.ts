const UPPER = /[A-Z]/

/** The host of an authority without its port, in lower-case: `Shop.example:80` is `shop.example`, `[::1]:80` is `[::1]`. */
export function hostOf(authority: string): string {
  let end = authority.length
  const colon = authority.lastIndexOf(':')
  if (
    colon !== -1 &&
    (authority.charCodeAt(0) !== BRACKET || authority.charCodeAt(colon - 1) === CLOSING_BRACKET)
  )
    end = colon
  // A name may end in the dot of the root, which changes nothing (RFC 1034 3.1).
  if (end > 1 && authority.charCodeAt(end - 1) === DOT) end--
  const host = end === authority.length ? authority : authority.slice(0, end)
  return UPPER.test(host) ? host.toLowerCase() : host
}

const BRACKET = 0x5b
const CLOSING_BRACKET = 0x5d
const DOT = 0x2e
