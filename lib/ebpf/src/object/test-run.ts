import { BPF, BpfAttr, bpf } from '../sys/bpf.ts'

export interface TestRunOptions {
  /** What a packet program sees as its packet. The kernel wants at least an Ethernet header for most types. */
  readonly data?: Uint8Array
  /** What a tracing or syscall program sees as its context. */
  readonly context?: Uint8Array
  /** How often it runs: for programs that take `data`. Default once. */
  readonly repeat?: number
}

/** How a test run went. */
export interface TestRunResult {
  readonly returned: number
  /** Nanoseconds of one run, on average. */
  readonly runNs: number
}

/** BPF_PROG_TEST_RUN: runs the program now, on made-up input. @throws {EbpfError} `unsupported` for many types */
export function testRun(programFd: number, name: string, options: TestRunOptions): TestRunResult {
  const { data, context } = options
  const attr = new BpfAttr().u32(0, programFd).u32(4, 0)
  if (data !== undefined) attr.u32(8, data.length).pointer(16, data)
  if (options.repeat !== undefined) attr.u32(32, options.repeat)
  if (context !== undefined) attr.u32(40, context.length).pointer(48, context)
  attr.u32(64, 0)
  bpf(BPF.PROG_TEST_RUN, attr, `run program ${name}`)
  return { returned: attr.view.getUint32(4, true), runNs: attr.view.getUint32(36, true) }
}
