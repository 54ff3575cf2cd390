import { call } from './syscall.ts'

const PR_SET_PDEATHSIG = 1
const PR_CAPBSET_READ = 23
const PR_CAPBSET_DROP = 24
const PR_SET_NO_NEW_PRIVS = 38
const PR_CAP_AMBIENT = 47
const PR_CAP_AMBIENT_CLEAR_ALL = 4

/** No program that this thread executes from now on can gain a privilege (set-uid, file capabilities). */
export function setNoNewPrivs(): void {
  call('prctl', [PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0], 'set no_new_privs')
}

/** The kernel sends this process `signal` when the thread that started it dies. Survives `execSelf`. */
export function setParentDeathSignal(signal: number): void {
  call('prctl', [PR_SET_PDEATHSIG, signal, 0, 0, 0], 'set the parent death signal')
}

/** Whether the bounding set of this thread has the capability; false for numbers the kernel does not know. */
export function boundingSetHas(capability: number): boolean {
  try {
    return call('prctl', [PR_CAPBSET_READ, capability, 0, 0, 0]) === 1
  } catch {
    return false
  }
}

/** For this thread, for good. @throws {EbpfError} `permission` without CAP_SETPCAP */
export function dropFromBoundingSet(capability: number): void {
  call('prctl', [PR_CAPBSET_DROP, capability, 0, 0, 0], 'drop from the bounding set')
}

/** For this thread. @throws {EbpfError} */
export function clearAmbientCapabilities(): void {
  call('prctl', [PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0], 'clear ambient capabilities')
}
