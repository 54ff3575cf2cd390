import { EbpfError } from '../error.ts'
import { attachCgroup } from '../link/cgroup.ts'
import { attachIterator, type IterLink, type IteratorOptions } from '../link/iterator.ts'
import { attachKprobe } from '../link/kprobe.ts'
import type { Link } from '../link/link.ts'
import { attachPerfEvent, type PerfEventTarget } from '../link/perf-event.ts'
import { attachRawTracepoint, attachTracing } from '../link/raw-tracepoint.ts'
import { attachSampler, type SamplerLink, type SamplerTarget } from '../link/sampler.ts'
import { attachTracepoint } from '../link/tracepoint.ts'
import { attachUprobe, type UprobeLink, type UprobeTarget } from '../link/uprobe.ts'
import { hasUprobeMulti } from '../link/uprobe-multi.ts'
import type { ProgramSpec } from '../spec/collection-spec.ts'
import type { SectionKind } from '../spec/section-kind.ts'
import { closeFd } from '../sys/file-descriptor.ts'
import { testRun, type TestRunOptions, type TestRunResult } from './test-run.ts'
import { loadProgram, type LoadContext } from './load-program.ts'
import { infoName, readObjectInfo } from '../sys/object-info.ts'
import { OwnedFd } from '../sys/owned-fd.ts'
import { openPinned, pinObject } from '../sys/pin.ts'

/** What a program cost so far; zero unless statistics are on (`enableProgramStats`). */
export interface ProgramStats {
  readonly runs: number
  readonly runNs: number
  /** Runs left out because the program was at work on that processor already. */
  readonly missed: number
}

/** A program in the kernel. */
export class Program extends OwnedFd {
  readonly name: string
  readonly id: number
  /** Undefined for programs that were opened, not loaded: the kernel does not keep it. */
  readonly section: string | undefined
  /** Instructions the verifier looked at, 0 on kernels before 5.16. */
  readonly verifiedInstructions: number
  readonly #kind: SectionKind | undefined

  private constructor(fd: number, info: DataView, spec: ProgramSpec | undefined) {
    super(fd)
    this.id = info.getUint32(4, true)
    this.name = spec?.name ?? infoName(info, 64)
    this.section = spec?.section
    this.verifiedInstructions = info.getUint32(216, true)
    this.#kind = spec?.kind
  }

  /** @throws {EbpfError} `verifier` and others */
  static load(spec: ProgramSpec, context: LoadContext): Program {
    const fitting = withoutMissingMulti(spec)
    return Program.#fromFd(loadProgram(fitting, context), fitting)
  }

  /** The program that is pinned there. @throws {EbpfError} `not-found`; `argument` when it is no program */
  static openPinned(path: string): Program {
    return Program.#fromFd(openPinned(path, 'program'))
  }

  static #fromFd(fd: number, spec?: ProgramSpec): Program {
    try {
      return new Program(fd, readObjectInfo(fd), spec)
    } catch (error) {
      closeFd(fd)
      throw error
    }
  }

  /**
   * Attaches the program to the hook its section names: tracepoints, iterators, functions.
   *
   * @throws {EbpfError} `argument` when the section does not say where (cgroup, perf_event, socket)
   */
  attach(): Link {
    const kind = this.#kindFor('attach')
    switch (kind.method) {
      case 'raw-tracepoint':
        return attachRawTracepoint(this.fd, kind.target)
      case 'tracing':
        return attachTracing(this.fd, this.name)
      case 'tracepoint':
        return attachTracepoint(this.fd, kind.target)
      case 'iterator':
        return this.attachIterator()
      case 'kprobe':
        return attachKprobe(this.fd, kind.target, { atReturn: this.section!.startsWith('kret') })
      default:
        throw new EbpfError(
          'argument',
          `program ${this.name}: section "${this.section}" does not say what to attach to`,
        )
    }
  }

  /** An iterator, over the entries of one map or the tasks of one process where told. @throws {EbpfError} */
  attachIterator(options?: IteratorOptions): IterLink {
    return attachIterator(this.fd, this.name, options)
  }

  /** Attaches to a cgroup (v2) and all below it. @throws {EbpfError} */
  attachCgroup(path: string): Link {
    const { attachType } = this.#kindFor('attachCgroup')
    if (attachType === undefined)
      throw new EbpfError('argument', `program ${this.name}: section "${this.section}" is not for cgroups`)
    return attachCgroup(this.fd, path, attachType)
  }

  /**
   * Runs the program before instructions of user space. Programs of `uprobe.multi` have one link for all places where
   * the kernel can (6.6), else a perf event for each, as programs of `uprobe` always do. Not for kernel functions.
   *
   * @throws {EbpfError}
   */
  attachUprobe(target: UprobeTarget): UprobeLink {
    const { method, attachType } = this.#kindFor('attachUprobe')
    if (method !== 'uprobe')
      throw new EbpfError('argument', `program ${this.name}: section "${this.section}" is not for uprobes`)
    return attachUprobe(this.fd, target, attachType !== undefined)
  }

  /** Runs the program at a fixed rate on one processor, or for one thread. @throws {EbpfError} */
  attachPerfEvent(target: PerfEventTarget): Link {
    return attachPerfEvent(this.fd, target)
  }

  /**
   * Runs the program at a fixed rate on every processor, or on every thread of one process.
   *
   * @throws {EbpfError} `unsupported` for cycles where the machine does not count them
   */
  attachSampler(target: SamplerTarget): SamplerLink {
    return attachSampler(this.fd, target)
  }

  /** @throws {EbpfError} */
  stats(): ProgramStats {
    const info = readObjectInfo(this.fd)
    const count = (offset: number) => Number(info.getBigUint64(offset, true))
    return { runNs: count(192), runs: count(200), missed: count(208) }
  }

  /** Runs the program once or more, on made-up input. @throws {EbpfError} `unsupported` for many types */
  testRun(options: TestRunOptions = {}): TestRunResult {
    return testRun(this.fd, this.name, options)
  }

  /** Keeps the program alive under a path of a bpffs. @throws {EbpfError} */
  pin(path: string): void {
    pinObject(this.fd, path)
  }

  #kindFor(method: string): SectionKind {
    if (this.#kind === undefined)
      throw new EbpfError('argument', `${method}: program ${this.name} was opened, its section is not known`)
    return this.#kind
  }
}

/** On kernels without links of many places the program is one for single places: which is decided at loading. */
function withoutMissingMulti(spec: ProgramSpec): ProgramSpec {
  if (spec.kind.attachType !== 'trace_uprobe_multi' || hasUprobeMulti()) return spec
  return { ...spec, kind: { ...spec.kind, attachType: undefined } }
}
