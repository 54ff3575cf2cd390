import type { Capability } from '@quadrant/ebpf'

/**
 * What an agent that started as root keeps, and what for. All else is gone from every set, the bounding set too, for
 * every thread and for good.
 *
 * None of these can be dropped later: a capability belongs to a thread, after the start there are threads of V8 and
 * libuv that this code does not run on, and what an instruction of the server turns on (UDP bytes, message mode) is
 * loaded and attached at any time.
 */
const FOR_EBPF: readonly Capability[] = [
  // Programs, maps and BTF: bpf(2) since Linux 5.8.
  'bpf',
  // Tracing programs (tp_btf, iterators), and reading kernel memory in them; perf events, for probes and samples.
  'perfmon',
  // Raw sockets that are offered the answers of name servers.
  'net_raw',
  // Cgroup hooks on sendmsg, recvmsg and connect.
  'net_admin',
  // setns(2) into the network namespaces of others; bpf(2) before 5.8; objects by id; mounting bpffs and tracefs.
  'sys_admin',
  // Addresses of the kernel's functions in /proc/kallsyms, which name the kernel's part of stacks.
  'syslog',
  // RLIMIT_MEMLOCK, which maps count against before 5.11.
  'sys_resource',
]

const FOR_PROC: readonly Capability[] = [
  // /proc/PID/{exe,cwd,fd,ns,environ,mem} of other users' processes.
  'sys_ptrace',
  // Passing through their directories: the executable and the root of a container.
  'dac_read_search',
  // Connecting to the server's socket, which is 0600 and another user's: connect(2) wants the right to write.
  'dac_override',
]

export function keptCapabilities(source: 'auto' | 'ebpf' | 'proc'): readonly Capability[] {
  return source === 'proc' ? FOR_PROC : [...FOR_EBPF, ...FOR_PROC]
}
