import { Clock, EventType, RIGHTS } from '../../wasi/abi.ts'
import { Errno } from '../../wasi/errno.ts'
import type { FilterVm } from '../filter-vm.ts'
import { GuestOutput } from '../guest-output.ts'
import type { HostCalls } from './imports.ts'

const IOVECS_MAX = 1024
const SUBSCRIPTION_BYTES = 48
const EVENT_BYTES = 32
const SUBSCRIPTIONS_MAX = 1024

/** What a filter has no use for: there are no files, and nobody to connect to. */
const UNSUPPORTED = [
  'fd_advise',
  'fd_allocate',
  'fd_datasync',
  'fd_fdstat_set_rights',
  'fd_filestat_get',
  'fd_filestat_set_size',
  'fd_filestat_set_times',
  'fd_pread',
  'fd_pwrite',
  'fd_readdir',
  'fd_renumber',
  'fd_sync',
  'fd_tell',
  'path_create_directory',
  'path_filestat_get',
  'path_filestat_set_times',
  'path_link',
  'path_open',
  'path_readlink',
  'path_remove_directory',
  'path_rename',
  'path_symlink',
  'path_unlink_file',
  'proc_raise',
  'sock_accept',
  'sock_recv',
  'sock_send',
  'sock_shutdown',
] as const

/**
 * WASI preview 1 as filters have it: arguments, environment, clocks, randomness, and output that is logged. Nothing waits,
 * since a filter that waits holds up all streams of its thread.
 */
export function wasiCalls(vm: FilterVm): HostCalls {
  const { host } = vm
  const env = Object.entries(vm.options.env).map(([name, value]) => Buffer.from(`${name}=${value}\0`))
  const output = new GuestOutput(vm)
  const refuse = (errno: number) => () => {
    vm.countHostCall()
    return errno
  }
  return {
    ...Object.fromEntries(UNSUPPORTED.map((name) => [name, refuse(Errno.NOSYS)])),
    args_get: refuse(Errno.SUCCESS),
    args_sizes_get: (countPointer: number, sizePointer: number) => {
      vm.countHostCall()
      return vm.memory.setU32(countPointer, 0) && vm.memory.setU32(sizePointer, 0)
        ? Errno.SUCCESS
        : Errno.FAULT
    },
    environ_get: (pointers: number, bytes: number) => {
      vm.countHostCall()
      let pointer = pointers >>> 0
      let at = bytes >>> 0
      for (const entry of env) {
        if (!vm.memory.setU32(pointer, at) || !vm.memory.set(at, entry)) return Errno.FAULT
        pointer += 4
        at += entry.length
      }
      return Errno.SUCCESS
    },
    environ_sizes_get: (countPointer: number, sizePointer: number) => {
      vm.countHostCall()
      const size = env.reduce((sum, entry) => sum + entry.length, 0)
      const isSet = vm.memory.setU32(countPointer, env.length) && vm.memory.setU32(sizePointer, size)
      return isSet ? Errno.SUCCESS : Errno.FAULT
    },
    clock_res_get: (clock: number, pointer: number) => {
      vm.countHostCall()
      if (clock !== Clock.REALTIME && clock !== Clock.MONOTONIC) return Errno.NOTSUP
      return vm.memory.setU64(pointer, 1n) ? Errno.SUCCESS : Errno.FAULT
    },
    clock_time_get: (clock: number, _precision: bigint, pointer: number) => {
      vm.countHostCall()
      if (clock !== Clock.REALTIME && clock !== Clock.MONOTONIC) return Errno.NOTSUP
      const ns = clock === Clock.REALTIME ? host.nowNs() : host.monotonicNs()
      return vm.memory.setU64(pointer, ns) ? Errno.SUCCESS : Errno.FAULT
    },
    random_get: (pointer: number, length: number) => {
      vm.countHostCall()
      if (length >>> 0 > vm.options.limits.valueBytesMax) return Errno.INVAL
      const bytes = vm.memory.slice(pointer, length)
      if (bytes === undefined) return Errno.FAULT
      host.fillRandom(bytes)
      return Errno.SUCCESS
    },
    sched_yield: refuse(Errno.SUCCESS),
    proc_exit: (code: number) => vm.exit(code),
    fd_write: (fd: number, iovecs: number, count: number, writtenPointer: number) => {
      vm.countHostCall()
      if (fd !== 1 && fd !== 2) return Errno.BADF
      if (count >>> 0 > IOVECS_MAX) return Errno.INVAL
      const pieces: Buffer[] = []
      for (let index = 0; index < count >>> 0; index++) {
        const at = (iovecs >>> 0) + index * 8
        const pointer = vm.memory.u32(at)
        const length = vm.memory.u32(at + 4)
        const piece =
          pointer === undefined || length === undefined ? undefined : vm.memory.slice(pointer, length)
        if (piece === undefined) return Errno.FAULT
        pieces.push(piece)
      }
      const written = pieces.reduce((sum, piece) => sum + piece.length, 0)
      if (written > vm.options.limits.valueBytesMax) return Errno.INVAL
      output.write(fd, pieces)
      return vm.memory.setU32(writtenPointer, written) ? Errno.SUCCESS : Errno.FAULT
    },
    fd_read: refuse(Errno.NOSYS),
    fd_seek: refuse(Errno.SUCCESS),
    fd_close: refuse(Errno.SUCCESS),
    fd_fdstat_get: (fd: number, pointer: number) => {
      vm.countHostCall()
      if (fd < 0 || fd > 2) return Errno.BADF
      const stat = Buffer.alloc(24)
      stat.writeBigUInt64LE(fd === 0 ? 0n : RIGHTS.stream, 8)
      return vm.memory.set(pointer, stat) ? Errno.SUCCESS : Errno.FAULT
    },
    fd_fdstat_set_flags: refuse(Errno.SUCCESS),
    fd_prestat_get: refuse(Errno.BADF),
    fd_prestat_dir_name: refuse(Errno.BADF),
    // Clocks ring at once: what is to wait is a tick.
    poll_oneoff: (subscriptions: number, events: number, count: number, eventCountPointer: number) => {
      vm.countHostCall()
      if (count >>> 0 === 0 || count >>> 0 > SUBSCRIPTIONS_MAX) return Errno.INVAL
      for (let index = 0; index < count >>> 0; index++) {
        const subscription = vm.memory.slice(
          (subscriptions >>> 0) + index * SUBSCRIPTION_BYTES,
          SUBSCRIPTION_BYTES,
        )
        const event = vm.memory.slice((events >>> 0) + index * EVENT_BYTES, EVENT_BYTES)
        if (subscription === undefined || event === undefined) return Errno.FAULT
        const userdata = subscription.readBigUInt64LE(0)
        const type = subscription[8] ?? 0
        event.fill(0)
        event.writeBigUInt64LE(userdata, 0)
        event.writeUInt16LE(type === EventType.CLOCK ? Errno.SUCCESS : Errno.NOTSUP, 8)
        event[10] = type
      }
      return vm.memory.setU32(eventCountPointer, count) ? Errno.SUCCESS : Errno.FAULT
    },
  }
}
