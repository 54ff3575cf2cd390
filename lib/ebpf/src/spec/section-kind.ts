import type { AttachType } from '../uapi/attach-type.ts'
import type { ProgramType } from '../uapi/program-type.ts'

/** How a program of a section gets to its hook. */
type AttachMethod =
  | 'raw-tracepoint'
  | 'tracepoint'
  | 'tracing'
  | 'iterator'
  | 'cgroup'
  | 'kprobe'
  | 'uprobe'
  | 'perf-event'
  | 'none'

/** What a section's name says of the programs in it. */
export interface SectionKind {
  readonly type: ProgramType
  readonly attachType?: AttachType
  readonly method: AttachMethod
  /** The rest of the name: `tcp_connect` of `fentry/tcp_connect`, `sched/sched_switch` of `tp/…`. */
  readonly target: string
  /** Where kernel BTF tells the hook's type: the name's prefix there, and the kind that bears it. */
  readonly btf?: { readonly prefix: string; readonly kind: 'func' | 'typedef' }
  readonly sleepable: boolean
}

type Rule = Omit<SectionKind, 'target' | 'sleepable'> & { readonly sleepable?: boolean }

const cgroup = (type: ProgramType, attachType: AttachType): Rule => ({ type, attachType, method: 'cgroup' })

const tracing = (attachType: AttachType): Rule => ({
  type: 'tracing',
  attachType,
  method: 'tracing',
  btf: { prefix: '', kind: 'func' },
})

/** Beside kernel functions the field writes the same program type for functions of user space. */
const uprobe: Rule = { type: 'kprobe', method: 'uprobe' }
const uprobeMulti: Rule = { type: 'kprobe', attachType: 'trace_uprobe_multi', method: 'uprobe' }

const rawTracepoint: Rule = { type: 'raw_tracepoint', method: 'raw-tracepoint' }
const tracepoint: Rule = { type: 'tracepoint', method: 'tracepoint' }

/** Names that end where they stand, or go on with `/target`. The field's names: libbpf's `section_defs`. */
const RULES: Readonly<Record<string, Rule>> = {
  tp_btf: {
    type: 'tracing',
    attachType: 'trace_raw_tp',
    method: 'tracing',
    btf: { prefix: 'btf_trace_', kind: 'typedef' },
  },
  raw_tp: rawTracepoint,
  raw_tracepoint: rawTracepoint,
  tp: tracepoint,
  tracepoint,
  iter: {
    type: 'tracing',
    attachType: 'trace_iter',
    method: 'iterator',
    btf: { prefix: 'bpf_iter_', kind: 'func' },
  },
  fentry: tracing('trace_fentry'),
  fexit: tracing('trace_fexit'),
  fmod_ret: tracing('modify_return'),
  lsm: { type: 'lsm', attachType: 'lsm_mac', method: 'tracing', btf: { prefix: 'bpf_lsm_', kind: 'func' } },
  kprobe: { type: 'kprobe', method: 'kprobe' },
  kretprobe: { type: 'kprobe', method: 'kprobe' },
  uprobe,
  'uprobe.multi': uprobeMulti,
  perf_event: { type: 'perf_event', method: 'perf-event' },
  socket: { type: 'socket_filter', method: 'none' },
  syscall: { type: 'syscall', method: 'none', sleepable: true },
  xdp: { type: 'xdp', attachType: 'xdp', method: 'none' },
  tc: { type: 'sched_cls', method: 'none' },
  classifier: { type: 'sched_cls', method: 'none' },
  sk_msg: { type: 'sk_msg', attachType: 'sk_msg_verdict', method: 'none' },
  sockops: cgroup('sock_ops', 'cgroup_sock_ops'),
  'cgroup/skb': { type: 'cgroup_skb', method: 'none' },
  'cgroup_skb/ingress': cgroup('cgroup_skb', 'cgroup_inet_ingress'),
  'cgroup_skb/egress': cgroup('cgroup_skb', 'cgroup_inet_egress'),
  'cgroup/sock_create': cgroup('cgroup_sock', 'cgroup_inet_sock_create'),
  'cgroup/sock_release': cgroup('cgroup_sock', 'cgroup_inet_sock_release'),
  'cgroup/post_bind4': cgroup('cgroup_sock', 'cgroup_inet4_post_bind'),
  'cgroup/post_bind6': cgroup('cgroup_sock', 'cgroup_inet6_post_bind'),
  'cgroup/bind4': cgroup('cgroup_sock_addr', 'cgroup_inet4_bind'),
  'cgroup/bind6': cgroup('cgroup_sock_addr', 'cgroup_inet6_bind'),
  'cgroup/connect4': cgroup('cgroup_sock_addr', 'cgroup_inet4_connect'),
  'cgroup/connect6': cgroup('cgroup_sock_addr', 'cgroup_inet6_connect'),
  'cgroup/sendmsg4': cgroup('cgroup_sock_addr', 'cgroup_udp4_sendmsg'),
  'cgroup/sendmsg6': cgroup('cgroup_sock_addr', 'cgroup_udp6_sendmsg'),
  'cgroup/recvmsg4': cgroup('cgroup_sock_addr', 'cgroup_udp4_recvmsg'),
  'cgroup/recvmsg6': cgroup('cgroup_sock_addr', 'cgroup_udp6_recvmsg'),
  'cgroup/getpeername4': cgroup('cgroup_sock_addr', 'cgroup_inet4_getpeername'),
  'cgroup/getpeername6': cgroup('cgroup_sock_addr', 'cgroup_inet6_getpeername'),
  'cgroup/getsockname4': cgroup('cgroup_sock_addr', 'cgroup_inet4_getsockname'),
  'cgroup/getsockname6': cgroup('cgroup_sock_addr', 'cgroup_inet6_getsockname'),
  'cgroup/getsockopt': cgroup('cgroup_sockopt', 'cgroup_getsockopt'),
  'cgroup/setsockopt': cgroup('cgroup_sockopt', 'cgroup_setsockopt'),
  'cgroup/sysctl': cgroup('cgroup_sysctl', 'cgroup_sysctl'),
  'cgroup/dev': cgroup('cgroup_device', 'cgroup_device'),
}

/** Hooks whose programs may sleep when the name has `.s` behind its first part. */
const SLEEPABLE = new Set(['fentry', 'fexit', 'fmod_ret', 'lsm', 'iter', 'uprobe', 'uprobe.multi'])

/** What a section's name means; undefined for one nobody knows. */
export function sectionKindOf(section: string): SectionKind | undefined {
  const exact = Object.hasOwn(RULES, section) ? RULES[section] : undefined
  if (exact !== undefined) return { ...exact, target: '', sleepable: exact.sleepable ?? false }
  const slash = section.indexOf('/')
  const head = slash === -1 ? section : section.slice(0, slash)
  const sleepable = head.endsWith('.s') && SLEEPABLE.has(head.slice(0, -2))
  const name = sleepable ? head.slice(0, -2) : head
  const rule = Object.hasOwn(RULES, name) ? RULES[name] : undefined
  if (rule === undefined) return undefined
  const target = slash === -1 ? '' : section.slice(slash + 1)
  return { ...rule, target, sleepable: sleepable || (rule.sleepable ?? false) }
}
