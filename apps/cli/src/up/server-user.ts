import { readFileSync } from 'node:fs'
import { onlyUser } from '@quadrant/core'
import type { Env } from '../context.ts'

/** Whom the server becomes, so that nothing that listens runs as root. */
export interface ServerUser {
  readonly uid: number
  readonly gid: number
}

/** `nobody` on every Linux. */
const NOBODY: ServerUser = { uid: 65_534, gid: 65_534 }

/**
 * Under sudo the person who typed it, else nobody; undefined where we are not root, or the only user that our user
 * namespace has: the server is then this user.
 */
export function serverUser(
  who: { readonly uid: number; readonly env: Env },
  uidMap: string = readFileSync('/proc/self/uid_map', 'latin1'),
): ServerUser | undefined {
  if (who.uid !== 0 || onlyUser(uidMap)) return undefined
  const uid = id(who.env['SUDO_UID'])
  const gid = id(who.env['SUDO_GID'])
  return uid === undefined || gid === undefined ? NOBODY : { uid, gid }
}

/** An id other than root's. */
function id(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,9}$/.test(text)) return undefined
  return Number(text) === 0 ? undefined : Number(text)
}
