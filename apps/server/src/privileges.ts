import { readFileSync, readdirSync } from 'node:fs'
import { onlyUser, type OnlyUser } from '@quadrant/core'
import { ServerError } from './error.ts'

/**
 * Whatever this process executes from now on gains nothing by it: no_new_privs, and for root an empty bounding set.
 * Both belong to the main thread, which starts every program; the other threads have no capability once the user is
 * changed. Call it before that: it needs CAP_SETPCAP.
 *
 * @returns why not, or undefined: a container may forbid it, and it is no reason not to serve
 */
export async function renouncePrivileges(isRoot: boolean): Promise<string | undefined> {
  // Loaded where it is needed: it calls into libc, and the server at work has no use for that.
  const { emptyBoundingSet, setNoNewPrivs } = await import('@quadrant/ebpf')
  try {
    setNoNewPrivs()
    if (isRoot) emptyBoundingSet()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

/** Becomes an ordinary user for good. @throws {ServerError} `permission` where any privilege is left. */
export function becomeUser(user: { readonly uid: number; readonly gid: number }): void {
  process.setgroups!([])
  process.setgid!(user.gid)
  process.setuid!(user.uid)
  assertUnprivileged()
}

/** Who we are, where our user namespace has no other user to become. */
export function ownOnlyUser(): OnlyUser | undefined {
  return onlyUser(readFileSync('/proc/self/uid_map', 'latin1'))
}

/**
 * Gives up every capability, for good, and executes the server anew with `--confined`, so that all of its threads begin
 * without. Does not return. For the root of a user namespace that has no other user.
 *
 * @throws {ServerError} `permission` where the kernel does not let us
 */
export async function confineAndRestart(argv: readonly string[]): Promise<never> {
  const { dropCapabilities } = await import('@quadrant/ebpf')
  try {
    dropCapabilities([])
    const { execPath, execArgv, env } = process
    return process.execve!(execPath, [execPath, ...execArgv, process.argv[1]!, ...argv, '--confined'], env)
  } catch (error) {
    throw ServerError.from(error, 'permission')
  }
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
