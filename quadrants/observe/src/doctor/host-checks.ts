import type { Check } from '@quadrant/proto'
import { check, fatal, ok, skipped, warning } from './check.ts'
import type { HostFiles } from './host-files.ts'
import { isAtLeast, parseKernelRelease } from './kernel-release.ts'
import { parseMounts } from './mounts.ts'

/** Inode number of the first pid namespace (include/linux/proc_ns.h, PROC_PID_INIT_INO). */
const FIRST_PID_NAMESPACE = 'pid:[4026531836]'

/** /proc/self/uid_map where nothing is mapped (user_namespaces(7)). */
const ALL_USERS = '0 0 4294967295'

/** Tries to enter a network namespace; gives why it failed, or undefined. */
export type EnterNamespace = (path: string) => string | undefined

/** What must be there, mounted and visible, read from files. */
export function hostChecks(files: HostFiles, enterNamespace: EnterNamespace): Check[] {
  const mounts = parseMounts(files.text('/proc/self/mountinfo') ?? '')
  return [
    kernelVersion(files),
    btf(files),
    mountCheck('tracefs', '/sys/kernel/tracing', {
      title: 'tracefs is mounted',
      costIfMissing:
        'plain tracepoints cannot be attached; BTF tracepoints, which are preferred, need no tracefs',
    }),
    mountCheck('bpf', '/sys/fs/bpf', {
      title: 'bpffs is mounted',
      costIfMissing: 'BPF objects cannot be pinned; observing pins none',
    }),
    cgroup(),
    hiddenProcesses(),
    userNamespace(files),
    pidNamespace(files),
    networkNamespaces(files, enterNamespace),
  ]

  function mountCheck(
    type: 'tracefs' | 'bpf',
    usual: string,
    subject: { readonly title: string; readonly costIfMissing: string },
  ): Check {
    const mount = mounts.find((one) => one.type === type)
    return check(
      { id: type === 'bpf' ? 'host.bpffs' : 'host.tracefs', ...subject },
      mount ? ok(mount.point) : warning('not mounted', `sudo mount -t ${type} ${type} ${usual}`),
    )
  }

  function cgroup(): Check {
    const mount = mounts.find((one) => one.type === 'cgroup2')
    return check(
      {
        id: 'host.cgroup2',
        title: 'cgroup v2 is mounted',
        costIfMissing: 'UDP edges are not seen: their hooks attach to a v2 cgroup',
      },
      mount
        ? ok(mount.point)
        : warning(
            'not mounted (v1 alone does not do)',
            'sudo mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified',
          ),
    )
  }

  function hiddenProcesses(): Check {
    const option = [...(mounts.find((one) => one.point === '/proc')?.options ?? [])].find((one) =>
      one.startsWith('hidepid='),
    )
    return check(
      {
        id: 'host.proc_visible',
        title: '/proc shows the processes of other users',
        costIfMissing: 'without CAP_SYS_PTRACE the processes of other users have no names',
      },
      option === undefined || option === 'hidepid=0' || option === 'hidepid=off'
        ? ok('no hidepid')
        : warning(option, 'run as root, or: sudo mount -o remount,hidepid=0 /proc'),
    )
  }
}

function kernelVersion(files: HostFiles): Check {
  const release = (files.text('/proc/sys/kernel/osrelease') ?? '').trim()
  const version = parseKernelRelease(release)
  const subject = {
    id: 'host.kernel_version',
    title: 'kernel version',
    costIfMissing: 'before 5.17 programs are adapted in user space, before 5.9 there are no socket iterators',
  } as const
  if (!version) return check(subject, skipped('not known'))
  if (isAtLeast(version, 5, 17)) return check(subject, ok(release))
  if (isAtLeast(version, 5, 9))
    return check(
      subject,
      warning(`${release}: programs are adapted in user space, which takes longer to start`),
    )
  return check(subject, fatal(`${release} is older than 5.9`, 'use a kernel of 5.9 or newer'))
}

function btf(files: HostFiles): Check {
  return check(
    {
      id: 'host.btf',
      title: "the kernel's types (BTF) are readable",
      costIfMissing: 'no program can be fitted to this kernel: the eBPF source does not run',
    },
    files.exists('/sys/kernel/btf/vmlinux')
      ? ok('/sys/kernel/btf/vmlinux')
      : fatal('/sys/kernel/btf/vmlinux is missing', 'use a kernel built with CONFIG_DEBUG_INFO_BTF=y'),
  )
}

function userNamespace(files: HostFiles): Check {
  const map = files.text('/proc/self/uid_map')?.trim().replaceAll(/\s+/g, ' ')
  return check(
    {
      id: 'host.user_namespace',
      title: "this is the host's user namespace",
      costIfMissing:
        'the eBPF source does not run: what a container grants its own root is nothing to the kernel',
    },
    map === undefined
      ? skipped('not known')
      : map === ALL_USERS
        ? ok('all users are their own')
        : fatal(
            `users are mapped (${map})`,
            'run the agent as root of the host, not in a rootless container (docker: --userns=host)',
          ),
  )
}

function pidNamespace(files: HostFiles): Check {
  const namespace = files.link('/proc/self/ns/pid')
  return check(
    {
      id: 'host.pid_namespace',
      title: "this is the host's pid namespace",
      costIfMissing: 'processes outside of this container are seen by the kernel but have no names here',
    },
    namespace === undefined
      ? skipped('not known')
      : namespace === FIRST_PID_NAMESPACE
        ? ok(namespace)
        : warning(
            `${namespace} is a container's`,
            "run the agent in the host's pid namespace (docker: --pid=host)",
          ),
  )
}

function networkNamespaces(files: HostFiles, enterNamespace: EnterNamespace): Check {
  const own = files.link('/proc/self/ns/net')
  const paths = new Map<string, string>()
  let hidden = 0
  for (const pid of files.entries('/proc') ?? []) {
    if (!/^\d+$/.test(pid)) continue
    const namespace = files.link(`/proc/${pid}/ns/net`)
    // Threads of the kernel have none that could be read without root; they count as hidden then.
    if (namespace === undefined) hidden++
    else if (!paths.has(namespace)) paths.set(namespace, `/proc/${pid}/ns/net`)
  }
  const other = [...paths].find(([namespace]) => namespace !== own)
  const failure = enterNamespace(other?.[1] ?? '/proc/self/ns/net')
  const seen = `${paths.size} of running processes${hidden > 0 ? `, ${hidden} not readable` : ''}`
  return check(
    {
      id: 'host.network_namespaces',
      title: 'network namespaces can be entered',
      costIfMissing:
        'live counters of containers are not read; their connections are still seen to open and close',
    },
    failure === undefined ? ok(seen) : warning(`${seen}; ${failure}`, 'run as root (CAP_SYS_ADMIN)'),
  )
}
