import { readdirSync, readFileSync } from 'node:fs'
import { EbpfError } from '../error.ts'
import { boundingSetHas, clearAmbientCapabilities, dropFromBoundingSet, setNoNewPrivs } from './prctl.ts'
import { call } from './syscall.ts'

/** In the order of their numbers (include/uapi/linux/capability.h). */
export const CAPABILITIES = [
  'chown',
  'dac_override',
  'dac_read_search',
  'fowner',
  'fsetid',
  'kill',
  'setgid',
  'setuid',
  'setpcap',
  'linux_immutable',
  'net_bind_service',
  'net_broadcast',
  'net_admin',
  'net_raw',
  'ipc_lock',
  'ipc_owner',
  'sys_module',
  'sys_rawio',
  'sys_chroot',
  'sys_ptrace',
  'sys_pacct',
  'sys_admin',
  'sys_boot',
  'sys_nice',
  'sys_resource',
  'sys_time',
  'sys_tty_config',
  'mknod',
  'lease',
  'audit_write',
  'audit_control',
  'setfcap',
  'mac_override',
  'mac_admin',
  'syslog',
  'wake_alarm',
  'block_suspend',
  'audit_read',
  'perfmon',
  'bpf',
  'checkpoint_restore',
] as const

/** A capability's name, lower case and without `CAP_`. */
export type Capability = (typeof CAPABILITIES)[number]

/** Beyond the last known name: capabilities of kernels to come are dropped too. */
const CAPABILITY_NUMBERS_MAX = 64

/** _LINUX_CAPABILITY_VERSION_3: two 32-bit halves of each set. */
const VERSION_3 = 0x20080522

/** What the threads of a process may do. */
export interface CapabilityReport {
  /** In the effective set of at least one thread. */
  readonly effective: readonly Capability[]
  /** In the permitted set of at least one thread: it could take them. */
  readonly permitted: readonly Capability[]
  /** In the bounding set of at least one thread: a root program it executes could get them. */
  readonly bounding: readonly Capability[]
  readonly noNewPrivs: boolean
}

/** What the threads of this process may do, all of them together. @throws {EbpfError} without /proc */
export function readCapabilities(): CapabilityReport {
  let effective = 0n
  let permitted = 0n
  let bounding = 0n
  let noNewPrivs = true
  try {
    for (const thread of readdirSync('/proc/self/task')) {
      const status = readFileSync(`/proc/self/task/${thread}/status`, 'latin1')
      effective |= hexField(status, 'CapEff')
      permitted |= hexField(status, 'CapPrm')
      bounding |= hexField(status, 'CapBnd')
      noNewPrivs &&= /^NoNewPrivs:\s*1$/m.test(status)
    }
  } catch (error) {
    throw EbpfError.from(error)
  }
  return { effective: names(effective), permitted: names(permitted), bounding: names(bounding), noNewPrivs }
}

/**
 * Gives up every capability but `keep` on the calling thread, for itself and for whatever it executes: bounding,
 * ambient, permitted, effective and inheritable sets, and no_new_privs.
 *
 * Capabilities belong to threads, and Node's own threads keep theirs. Follow with `execSelf`: the new program
 * begins with this thread alone. (`readCapabilities` tells the union over all threads.)
 *
 * @throws {EbpfError} `permission` without CAP_SETPCAP while the bounding set has something to drop
 */
export function dropCapabilities(keep: readonly Capability[]): void {
  const kept = maskOf(keep)
  dropBounding(kept)
  clearAmbientCapabilities()
  const sets = readSets()
  for (let half = 0; half < 2; half++) {
    const mask = Number((kept >> BigInt(half * 32)) & 0xffffffffn)
    const permitted = sets.getUint32(half * 12 + 4, true) & mask
    sets.setUint32(half * 12, permitted, true)
    sets.setUint32(half * 12 + 4, permitted, true)
    sets.setUint32(half * 12 + 8, 0, true)
  }
  const header = Uint32Array.of(VERSION_3, 0)
  call('capset', [header, sets], 'drop capabilities')
  setNoNewPrivs()
}

/**
 * For the calling thread and whatever it executes, for good: nothing that is executed gains a capability. The thread
 * keeps those that it has, until it becomes another user.
 *
 * @throws {EbpfError} `permission` without CAP_SETPCAP while there is something to drop
 */
export function emptyBoundingSet(): void {
  dropBounding(0n)
}

function dropBounding(kept: bigint): void {
  for (let number = 0; number < CAPABILITY_NUMBERS_MAX; number++)
    if ((kept & (1n << BigInt(number))) === 0n && boundingSetHas(number)) dropFromBoundingSet(number)
}

/** `struct __user_cap_data_struct[2]`: effective, permitted, inheritable, as u32 each. */
function readSets(): DataView {
  const sets = new DataView(new ArrayBuffer(24))
  const header = Uint32Array.of(VERSION_3, 0)
  call('capget', [header, sets])
  return sets
}

function maskOf(capabilities: readonly Capability[]): bigint {
  let mask = 0n
  for (const name of capabilities) mask |= 1n << BigInt(CAPABILITIES.indexOf(name))
  return mask
}

function names(mask: bigint): Capability[] {
  return CAPABILITIES.filter((_, number) => (mask & (1n << BigInt(number))) !== 0n)
}

function hexField(status: string, field: string): bigint {
  const match = new RegExp(`^${field}:\\s*([0-9a-f]+)$`, 'm').exec(status)
  return match ? BigInt(`0x${match[1]}`) : 0n
}
