import type { KernelBtf } from '../object/kernel-btf.ts'
import { Program } from '../object/program.ts'
import { EbpfError } from '../error.ts'
import { assemble, call, exit, move } from './assemble.ts'
import { tryFeature, type Feature } from './feature.ts'

/** Numbers of helpers (include/uapi/linux/bpf.h, `___BPF_FUNC_MAPPER`) beside a section they are wanted in. */
const HELPERS: Readonly<Record<string, readonly [number: number, section: string]>> = {
  perf_event_output: [25, 'raw_tp/sched_process_exit'],
  skb_load_bytes: [26, 'cgroup_skb/ingress'],
  get_stackid: [27, 'perf_event'],
  get_socket_cookie: [46, 'cgroup_skb/ingress'],
  get_current_cgroup_id: [80, 'raw_tp/sched_process_exit'],
  sk_storage_get: [107, 'cgroup/connect4'],
  probe_read_user: [112, 'raw_tp/sched_process_exit'],
  probe_read_kernel: [113, 'raw_tp/sched_process_exit'],
  get_netns_cookie: [122, 'cgroup/connect4'],
  ktime_get_boot_ns: [125, 'raw_tp/sched_process_exit'],
  ringbuf_output: [130, 'raw_tp/sched_process_exit'],
  ringbuf_reserve: [131, 'raw_tp/sched_process_exit'],
  ringbuf_query: [134, 'raw_tp/sched_process_exit'],
  task_storage_get: [156, 'raw_tp/sched_process_exit'],
  get_current_task_btf: [158, 'raw_tp/sched_process_exit'],
  for_each_map_elem: [164, 'raw_tp/sched_process_exit'],
  task_pt_regs: [175, 'raw_tp/sched_process_exit'],
  loop: [181, 'raw_tp/sched_process_exit'],
}

/** What the verifier says of a helper that is unknown, or not for this kind of program. */
const REFUSED = /invalid func|unknown func|cannot use helper/

/** Calls each helper without arguments: the verifier gets as far as complaining of those only if it knows the helper. */
export function helperFeatures(kernelBtf: KernelBtf): Feature[] {
  return Object.entries(HELPERS).map(([name, [number, section]]) =>
    tryFeature(`helper:${name}`, () => {
      const spec = assemble(section, [call(number), move(0, 0), exit()])
      const context = { license: 'GPL', btfFd: 0, instructions: spec.instructions, relocateInKernel: false }
      try {
        return Program.load(spec, { ...context, attachBtfId: kernelBtf.attachId(spec) })
      } catch (error) {
        const known =
          error instanceof EbpfError && error.code === 'verifier' && !REFUSED.test(error.log ?? '')
        if (!known) throw error
        return undefined
      }
    }),
  )
}
