/** One kernel facility that observing uses or would rather use. */
export interface Hook {
  /** What lib/ebpf's `probeFeatures` calls its parts: all must work. */
  readonly probes: readonly string[]
  readonly id: `kernel.${string}`
  readonly title: string
  readonly costIfMissing: string
  /**
   * required: without it there is no eBPF source; wanted: something is not seen without it;
   * better: only a better source than the one in use; spare: nothing that runs now would use it.
   */
  readonly need: 'required' | 'wanted' | 'better' | 'spare'
  /** These probes do the same work: with all of them it is not required. */
  readonly instead?: readonly string[]
  readonly fix?: string
}

const NEWER_KERNEL = 'use a newer kernel, or one built with this feature'
const LOCKED_DOWN = 'none needed; hosts under Firecracker, Bottlerocket, COS and Secure Boot are like that'

/** In the order of their weight for the tracer. */
export const HOOKS: readonly Hook[] = [
  {
    probes: ['attach:tp_btf'],
    id: 'kernel.tp_btf',
    title: 'BTF tracepoints (tp_btf): connections open, fail and close',
    costIfMissing: 'no connection is seen: the eBPF source does not run',
    need: 'required',
    fix: NEWER_KERNEL,
  },
  {
    probes: ['attach:iter'],
    id: 'kernel.iter',
    title: 'iterators (iter/tcp, iter/udp, iter/task_file): live counters, sockets that were there before',
    costIfMissing:
      'bytes and round trip times are known only when a connection closes, and older sockets not at all',
    need: 'required',
    fix: 'use a kernel of 5.9 or newer',
  },
  {
    probes: ['map:ringbuf', 'helper:ringbuf_reserve', 'helper:ringbuf_query'],
    id: 'kernel.ringbuf',
    title: 'ring buffer map: events reach user space in order',
    costIfMissing: 'events travel through perf_event_array: out of order between CPUs, and more memory',
    need: 'required',
    instead: ['map:perf_event_array', 'helper:perf_event_output'],
    fix: 'use a kernel of 5.8 or newer',
  },
  {
    probes: ['map:perf_event_array', 'helper:perf_event_output'],
    id: 'kernel.perf_event_array',
    title: 'perf_event_array map: events where there is no ring buffer',
    costIfMissing: 'nothing where the ring buffer is there',
    need: 'required',
    instead: ['map:ringbuf'],
    fix: NEWER_KERNEL,
  },
  {
    probes: ['map:hash', 'map:percpu_hash'],
    id: 'kernel.hash',
    title: 'hash map',
    costIfMissing: 'no state can be kept in the kernel: the eBPF source does not run',
    need: 'required',
    fix: NEWER_KERNEL,
  },
  {
    probes: ['map:lru_hash', 'map-operation:batch'],
    id: 'kernel.lru_hash',
    title: 'LRU hash map: bounded tables that forget the oldest',
    costIfMissing: 'UDP peers are not counted',
    need: 'wanted',
    fix: NEWER_KERNEL,
  },
  {
    probes: ['map:percpu_array'],
    id: 'kernel.percpu_array',
    title: 'per-CPU array map: exact counters of losses',
    costIfMissing: 'losses in the kernel cannot be counted exactly',
    need: 'required',
    fix: NEWER_KERNEL,
  },
  {
    probes: ['map:sk_storage', 'helper:sk_storage_get'],
    id: 'kernel.sk_storage',
    title: 'socket storage map: state that lives as long as its socket',
    costIfMissing: 'UDP sockets are told apart by a bounded table instead',
    need: 'better',
    fix: 'use a kernel of 5.2 or newer',
  },
  {
    probes: ['attach:cgroup_connect4', 'attach:cgroup_sendmsg4', 'program:cgroup_recvmsg4'],
    id: 'kernel.cgroup_sock_addr',
    title: 'cgroup hooks (sendmsg, recvmsg, connect): UDP edges at no cost for TCP',
    costIfMissing: 'UDP edges are seen only while a pass finds a connected socket',
    need: 'wanted',
    fix: 'sudo mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified',
  },
  {
    probes: ['attach:raw_tp'],
    id: 'kernel.raw_tp',
    title: 'raw tracepoints: where a BTF tracepoint is missing',
    costIfMissing: 'nothing while BTF tracepoints work',
    need: 'spare',
    fix: NEWER_KERNEL,
  },
  {
    probes: ['attach:tracepoint'],
    id: 'kernel.tracepoint',
    title: 'plain tracepoints (tp): accepting process where a service passes its sockets on',
    costIfMissing: 'nothing while BTF tracepoints work',
    need: 'spare',
    fix: 'sudo mount -t tracefs tracefs /sys/kernel/tracing',
  },
  {
    probes: ['attach:fentry', 'attach:fexit'],
    id: 'kernel.fentry',
    title: 'function entry (fentry): message mode and UDP bytes at their cheapest',
    costIfMissing:
      'message mode and UDP bytes use the socket tracepoints: 107 to 196 ns for each message while they are on',
    need: 'better',
    fix: LOCKED_DOWN,
  },
  {
    probes: ['attach:kprobe'],
    id: 'kernel.kprobe',
    title: 'kernel probes (kprobe): message mode where fentry is missing',
    costIfMissing: 'nothing: Quadrant needs no kprobe',
    need: 'spare',
    fix: LOCKED_DOWN,
  },
  {
    probes: ['attach:lsm'],
    id: 'kernel.lsm',
    title: 'security hooks (LSM): rules that forbid a connection',
    costIfMissing: 'nothing is lost for observing',
    need: 'spare',
    fix: 'boot with lsm=…,bpf (not possible on locked-down hosts)',
  },
  {
    probes: ['attach:uprobe'],
    id: 'kernel.uprobe',
    title: "user probes (uprobe): into a service's own functions",
    costIfMissing: 'nothing is lost for connections; runtime events and TLS need it',
    need: 'spare',
    fix: NEWER_KERNEL,
  },
  {
    probes: ['attach:perf_event'],
    id: 'kernel.perf_event',
    title: 'perf events: profiles',
    costIfMissing: 'nothing is lost for connections; profiles need it',
    need: 'spare',
    fix: NEWER_KERNEL,
  },
  {
    probes: ['attach:cgroup_skb'],
    id: 'kernel.cgroup_skb',
    title: 'cgroup packets (cgroup_skb): requests parsed in the kernel',
    costIfMissing: 'nothing is lost for connections; HTTP and gRPC need it',
    need: 'spare',
    fix: NEWER_KERNEL,
  },
]
