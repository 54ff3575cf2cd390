import type { Check } from '@quadrant/proto'
import { check, fatal, ok, skipped, warning, type CheckOutcome } from './check.ts'
import type { HostFiles } from './host-files.ts'

interface WantedCapability {
  readonly name: string
  readonly title: string
  readonly costIfMissing: string
  /** Without it nothing is observed by eBPF. */
  readonly required: boolean
  /** One of these does as well. */
  readonly instead: readonly string[]
}

const WANTED: readonly WantedCapability[] = [
  {
    name: 'bpf',
    title: 'may load BPF programs (CAP_BPF)',
    costIfMissing:
      'the eBPF source does not run; the /proc source misses short connections and bytes of old kernels',
    required: true,
    instead: ['sys_admin'],
  },
  {
    name: 'perfmon',
    title: 'may attach to tracepoints (CAP_PERFMON)',
    costIfMissing: 'the eBPF source does not run: its programs read kernel structures',
    required: true,
    instead: ['sys_admin'],
  },
  {
    name: 'net_admin',
    title: 'may attach to cgroups (CAP_NET_ADMIN)',
    costIfMissing: 'UDP edges are not seen',
    required: false,
    instead: ['sys_admin'],
  },
  {
    name: 'sys_admin',
    title: 'may enter network namespaces (CAP_SYS_ADMIN)',
    costIfMissing: 'live counters of containers are not read, and ids of BPF objects are not listed',
    required: false,
    instead: [],
  },
  {
    name: 'sys_ptrace',
    title: 'may look at all processes (CAP_SYS_PTRACE)',
    costIfMissing:
      'processes of other users have a short name only: no executable, container or unit where /proc hides them',
    required: false,
    instead: [],
  },
]

/** What this process may do, read from /proc/self/status. `capabilities` are the effective ones, lower case. */
export function privilegeChecks(files: HostFiles, capabilities: ReadonlySet<string>): Check[] {
  const status = files.text('/proc/self/status') ?? ''
  return [...WANTED.map((wanted) => capability(wanted, capabilities)), lockdown(files), seccomp(status)]
}

/** Effective user id, or undefined where /proc is not there. */
export function effectiveUid(files: HostFiles): number | undefined {
  const match = /^Uid:\s+\d+\s+(\d+)/m.exec(files.text('/proc/self/status') ?? '')
  return match ? Number(match[1]) : undefined
}

function capability(wanted: WantedCapability, has: ReadonlySet<string>): Check {
  const { name, title, costIfMissing, required, instead } = wanted
  const subject = { id: `privilege.${name}`, title, costIfMissing } as const
  if (has.has(name)) return check(subject, ok('granted'))
  const other = instead.find((one) => has.has(one))
  if (other) return check(subject, ok(`by CAP_${other.toUpperCase()}`))
  const fix = 'run with sudo'
  return check(subject, required ? fatal('not granted', fix) : warning('not granted', fix))
}

function lockdown(files: HostFiles): Check {
  const text = files.text('/sys/kernel/security/lockdown')
  const mode = /\[(\w+)\]/.exec(text ?? '')?.[1]
  let outcome: CheckOutcome
  if (mode === undefined)
    outcome = text === undefined ? ok('none (not in this kernel, or not shown)') : skipped(text.trim())
  else if (mode === 'confidentiality')
    outcome = fatal(
      mode,
      'boot with lockdown=integrity or none: programs may not read kernel memory in this mode',
    )
  else outcome = ok(mode)
  return check(
    {
      id: 'privilege.lockdown',
      title: 'kernel lockdown lets programs read kernel memory',
      costIfMissing: 'the eBPF source does not run under lockdown=confidentiality; integrity is no hindrance',
    },
    outcome,
  )
}

function seccomp(status: string): Check {
  const mode = /^Seccomp:\s+(\d)/m.exec(status)?.[1]
  return check(
    {
      id: 'privilege.seccomp',
      title: 'no seccomp filter stands before bpf(2)',
      costIfMissing: 'a container runtime may refuse bpf(2) whatever the capabilities',
    },
    mode === undefined
      ? skipped('not known')
      : mode === '0'
        ? ok('none')
        : warning(
            `seccomp mode ${mode}`,
            'allow bpf and perf_event_open in the seccomp profile of the container',
          ),
  )
}
