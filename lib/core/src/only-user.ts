/** The one user of a user namespace. */
export interface OnlyUser {
  /** As processes in the namespace see it. */
  readonly inside: number
  /** As the parent namespace sees it. */
  readonly outside: number
}

/**
 * The only user that there is, where `/proc/PID/uid_map` (user_namespaces(7)) maps one id only, as `unshare --map-root-user`
 * and containers without helpers leave it: nobody in there can become another user. Undefined everywhere else.
 */
export function onlyUser(uidMap: string): OnlyUser | undefined {
  const ids = /^\s*(?<inside>\d{1,10})\s+(?<outside>\d{1,10})\s+1\s*$/.exec(uidMap)?.groups
  return ids && { inside: Number(ids['inside']), outside: Number(ids['outside']) }
}
