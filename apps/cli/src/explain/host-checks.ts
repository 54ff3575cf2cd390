import type { Explanation } from './explanation.ts'

/** Checks of doctor that are about the host and this user; those of the kernel's hooks explain themselves. */
export const HOST_EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  'privilege.bpf': {
    title: 'may load BPF programs',
    text: `bpf(2) needs CAP_BPF (CAP_SYS_ADMIN before 5.8). Without it the source is /proc: it sees the sockets that are
open when it looks, once a second, and misses what opens and closes in between.`,
  },
  'privilege.perfmon': {
    title: 'may attach to tracepoints',
    text: 'Programs that read kernel structures need CAP_PERFMON (CAP_SYS_ADMIN before 5.8).',
  },
  'privilege.net_admin': {
    title: 'may attach to cgroups',
    text: 'The hooks that see UDP without a cost for TCP attach to the root cgroup, which needs CAP_NET_ADMIN.',
  },
  'privilege.sys_admin': {
    title: 'may enter network namespaces',
    text: `Socket iterators show the sockets of one network namespace, so the agent enters each namespace of the machine
once a second (setns(2), CAP_SYS_ADMIN). Opening and closing is seen in all of them without that.`,
  },
  'privilege.sys_ptrace': {
    title: 'may look at all processes',
    text: "The executable of another user's process (/proc/PID/exe) and its namespaces need CAP_SYS_PTRACE.",
  },
  'privilege.lockdown': {
    title: 'kernel lockdown',
    text: `lockdown=confidentiality keeps even root from reading kernel memory, so no tracing program loads.
lockdown=integrity takes kprobes and writing away; Quadrant uses neither.`,
  },
  'privilege.seccomp': {
    title: 'seccomp filter',
    text: "Container runtimes filter bpf(2) and perf_event_open(2) by default. Allow both in the container's profile.",
  },
  'host.kernel_version': {
    title: 'kernel version',
    text: `5.17 and newer adapt programs themselves (CO-RE in the kernel), which starts in milliseconds. From 5.9 on user
space does it. Before 5.9 there are no socket iterators and the eBPF source does not run.`,
  },
  'host.btf': {
    title: "the kernel's types",
    text: "BTF describes the kernel's structures, so that one compiled program fits every kernel: /sys/kernel/btf/vmlinux.",
  },
  'host.tracefs': {
    title: 'tracefs',
    text: 'Holds the ids of plain tracepoints. BTF tracepoints, which Quadrant prefers, do not need it.',
  },
  'host.bpffs': {
    title: 'bpffs',
    text: 'Where BPF objects can be pinned beyond the life of a process. Observing pins nothing: ending it leaves nothing.',
  },
  'host.cgroup2': {
    title: 'cgroup v2',
    text: 'The UDP hooks attach to the root of the v2 hierarchy; on hybrid hosts that is /sys/fs/cgroup/unified.',
  },
  'host.proc_visible': {
    title: 'visibility of processes',
    text: 'With hidepid a user sees only own processes in /proc. Root, and CAP_SYS_PTRACE, see all.',
  },
  'host.user_namespace': {
    title: 'user namespace',
    text: `The capabilities of a rootless container's root hold in its own user namespace, and bpf(2) asks for those of the
host: doctor then shows them as granted and every hook as refused. Run the agent as root of the host.`,
  },
  'host.pid_namespace': {
    title: 'pid namespace',
    text: `The kernel tells process ids of the host. In a container's pid namespace /proc shows other numbers, so processes
could not be named. Run the agent in the host's pid namespace.`,
  },
  'host.network_namespaces': {
    title: 'network namespaces',
    text: 'See privilege.sys_admin. Doctor really enters one other namespace, where there is one, and comes back.',
  },
}
