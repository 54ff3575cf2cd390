import { readFileSync, readdirSync } from 'node:fs'
import { ServerError } from './error.ts'

/** Becomes an ordinary user for good. @throws {ServerError} `permission` where any privilege is left. */
export function becomeUser(user: { readonly uid: number; readonly gid: number }): void {
  process.setgroups!([])
  process.setgid!(user.gid)
  process.setuid!(user.uid)
  assertUnprivileged()
}

/** @throws {ServerError} `permission` where a thread has a capability. */
export function assertUnprivileged(): void {
  const held = heldCapabilities()
  if (held !== undefined)
    throw new ServerError('permission', `still has capabilities: ${held}`, {
      fix: 'start the server as an ordinary user',
    })
}

/**
 * What a thread of this process may do beyond its user, undefined for nothing. Looks at every thread: credentials are
 * a thread's own in Linux, and libuv and V8 have started some.
 */
export function heldCapabilities(): string | undefined {
  for (const thread of readdirSync('/proc/self/task')) {
    const status = readFileSync(`/proc/self/task/${thread}/status`, 'utf8')
    for (const set of ['CapEff', 'CapPrm']) {
      const held = new RegExp(`^${set}:\\s*(?<mask>[0-9a-f]+)$`, 'm').exec(status)?.groups?.['mask']
      if (held === undefined || /[^0]/.test(held)) return `thread ${thread}, ${set} ${held}`
    }
  }
  return undefined
}
