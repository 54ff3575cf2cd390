/** What becomes of the target of a request, before anybody else sees it. */
export type PathOutcome =
  /** `path` stands in place of what came, query and all. */
  | { readonly kind: 'pass'; readonly path: string }
  /** 400 */
  | { readonly kind: 'reject'; readonly reason: PathRejection }
  /** 307 to the same place with its slashes written out. */
  | { readonly kind: 'redirect'; readonly path: string }

/**
 * - `form`           neither a path nor, for OPTIONS, `*`
 * - `characters`     control characters, spaces, `#`, or bytes above 0x7e
 * - `escape`         a `%` without two digits
 * - `nul`            `%00`
 * - `escaped-slash`  `%2F` or `%5C`, where they are refused
 * - `backslash`      `\`
 * - `above-root`     `..` where there is nothing above, and `..;`, which some programs take for it
 */
export const PATH_REJECTIONS = [
  'form',
  'characters',
  'escape',
  'nul',
  'escaped-slash',
  'backslash',
  'above-root',
] as const
export type PathRejection = (typeof PATH_REJECTIONS)[number]
