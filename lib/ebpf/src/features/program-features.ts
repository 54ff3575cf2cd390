import type { KernelBtf } from '../object/kernel-btf.ts'
import { EbpfError } from '../error.ts'
import type { UprobeLink } from '../link/uprobe.ts'
import { Program } from '../object/program.ts'
import { assemble, exit, move } from './assemble.ts'
import { tryFeature, type Feature } from './feature.ts'

/** Kinds of programs by a section each; hooks that every kernel with BTF has stand for their kind. */
const SECTIONS: Readonly<Record<string, string>> = {
  tp_btf: 'tp_btf/sched_process_exit',
  raw_tp: 'raw_tp/sched_process_exit',
  tracepoint: 'tracepoint/sched/sched_process_exit',
  iter: 'iter/task',
  fentry: 'fentry/tcp_connect',
  fexit: 'fexit/tcp_connect',
  fmod_ret: 'fmod_ret/bpf_modify_return_test',
  lsm: 'lsm/file_open',
  kprobe: 'kprobe/tcp_connect',
  kretprobe: 'kretprobe/tcp_connect',
  uprobe: 'uprobe',
  uprobe_multi: 'uprobe.multi',
  perf_event: 'perf_event',
  socket: 'socket',
  syscall: 'syscall',
  xdp: 'xdp',
  tc: 'tc',
  sk_msg: 'sk_msg',
  sockops: 'sockops',
  cgroup_skb: 'cgroup_skb/ingress',
  cgroup_connect4: 'cgroup/connect4',
  cgroup_connect6: 'cgroup/connect6',
  cgroup_sendmsg4: 'cgroup/sendmsg4',
  cgroup_recvmsg4: 'cgroup/recvmsg4',
  cgroup_sock_create: 'cgroup/sock_create',
  cgroup_sock_release: 'cgroup/sock_release',
  cgroup_sockopt: 'cgroup/setsockopt',
}

/** Sections whose programs must say 1, "go on": the others say 0. */
const SAYS_ONE = /^cgroup|^sk_msg/

/** Kinds that are attached for a moment to see that it works, and then to what. */
const ATTACHABLE = ['tp_btf', 'raw_tp', 'tracepoint', 'iter', 'fentry', 'fexit', 'lsm', 'kprobe', 'kretprobe']
const ATTACHABLE_TO_CGROUP = [
  'sockops',
  'cgroup_skb',
  'cgroup_connect4',
  'cgroup_sendmsg4',
  'cgroup_sock_release',
]

const PERF_EVENT_HZ = 1

/** The specs of all programs tried here: their hooks' names are looked up in one pass. */
export const PROBE_PROGRAMS = Object.fromEntries(
  Object.entries(SECTIONS).map(([kind, section]) => [
    kind,
    assemble(section, [move(0, SAYS_ONE.test(section) ? 1 : 0), exit()]),
  ]),
)

/** Loads a program of each kind. */
export function programFeatures(kernelBtf: KernelBtf): Feature[] {
  return Object.keys(SECTIONS).map((kind) => tryFeature(`program:${kind}`, () => loadProbe(kind, kernelBtf)))
}

/** Attaches a program of each kind, to a hook that does little, for a moment. */
export function attachFeatures(kernelBtf: KernelBtf, cgroup: string | undefined): Feature[] {
  return [
    ...ATTACHABLE.map((kind) =>
      tryFeature(`attach:${kind}`, () => {
        using program = loadProbe(kind, kernelBtf)
        return program.attach()
      }),
    ),
    tryFeature('attach:perf_event', () => {
      using program = loadProbe('perf_event', kernelBtf)
      return program.attachPerfEvent({ frequencyHz: PERF_EVENT_HZ, cpu: 0 })
    }),
    tryFeature('attach:perf_event_cycles', () => {
      using program = loadProbe('perf_event', kernelBtf)
      return program.attachSampler({ frequencyHz: PERF_EVENT_HZ, clock: 'cycles' })
    }),
    tryFeature('attach:uprobe', () => attachToSelf('uprobe', kernelBtf)),
    tryFeature('attach:uprobe_multi', () => {
      const link = attachToSelf('uprobe_multi', kernelBtf)
      if (link.method === 'multi') return link
      link[Symbol.dispose]()
      throw new EbpfError('unsupported', 'this kernel has no links of many places (6.6)')
    }),
    ...ATTACHABLE_TO_CGROUP.map((kind) => {
      const id = `attach:${kind}`
      if (cgroup === undefined) return { id, ok: false, detail: 'no cgroup v2 hierarchy is mounted' }
      return tryFeature(id, () => {
        using program = loadProbe(kind, kernelBtf)
        return program.attachCgroup(cgroup)
      })
    }),
  ]
}

/** To the first byte of this process's executable, which is its header and no instruction: it is never run. */
function attachToSelf(kind: 'uprobe' | 'uprobe_multi', kernelBtf: KernelBtf): UprobeLink {
  using program = loadProbe(kind, kernelBtf)
  return program.attachUprobe({ path: '/proc/self/exe', sites: [{ offset: 0 }], pid: process.pid })
}

function loadProbe(kind: string, kernelBtf: KernelBtf): Program {
  const spec = PROBE_PROGRAMS[kind]!
  return Program.load(spec, {
    license: 'GPL',
    btfFd: 0,
    attachBtfId: kernelBtf.attachId(spec),
    instructions: spec.instructions,
    relocateInKernel: false,
  })
}
