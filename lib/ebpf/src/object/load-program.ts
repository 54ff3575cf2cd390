import { EbpfError } from '../error.ts'
import type { ProgramSpec } from '../spec/collection-spec.ts'
import { BPF, BpfAttr, bpf } from '../sys/bpf.ts'
import { cString, textOf } from '../sys/c-string.ts'
import { closeFd } from '../sys/file-descriptor.ts'
import { ATTACH_TYPES } from '../uapi/attach-type.ts'
import { PROGRAM_TYPES } from '../uapi/program-type.ts'
import { telling } from './verifier-log.ts'

const LOG_BYTES = 1 << 20

/** Log buffers are grown to what the kernel says it needs (6.4 and later), else fourfold, up to here. */
const LOG_BYTES_MAX = 64 << 20
const LOG_GROWTH = 4

const EAGAIN = 11
const ENOSPC = 28

/** A signal to the thread ends the verifier's work: a profiler's, say. As often as libbpf tries. */
const ATTEMPTS_MAX = 5

const FLAG_SLEEPABLE = 1 << 4
const FUNCTION_INFO_BYTES = 8
const LINE_INFO_BYTES = 16
const RELOCATION_BYTES = 16

/** What loading a program needs beside its spec. */
export interface LoadContext {
  readonly license: string
  /** 0 for none: then without debug information and CO-RE by the kernel. */
  readonly btfFd: number
  /** Type id in the kernel's BTF of what the program is attached to, 0 for none. */
  readonly attachBtfId: number
  /** The instructions with descriptors in the place of map names. */
  readonly instructions: Uint8Array
  /** Whether the kernel is to apply the relocations; else they are applied already. */
  readonly relocateInKernel: boolean
}

/**
 * BPF_PROG_LOAD: the program's descriptor.
 *
 * @throws {EbpfError} `verifier` when the verifier says no: its last telling line in the message, all of it in `log`
 */
export function loadProgram(spec: ProgramSpec, context: LoadContext): number {
  const attr = programAttr(spec, context)
  for (let attempts = 1; ; attempts++) {
    try {
      return bpf(BPF.PROG_LOAD, attr, `load program ${spec.name}`)
    } catch (error) {
      if (!isInterrupted(error)) throw explain(error, attr, spec)
      if (attempts === ATTEMPTS_MAX) throw error
    }
  }
}

function isInterrupted(error: unknown): boolean {
  return error instanceof EbpfError && error.errno === EAGAIN
}

function programAttr(spec: ProgramSpec, context: LoadContext): BpfAttr {
  const { kind } = spec
  const attr = new BpfAttr()
    .u32(0, PROGRAM_TYPES[kind.type])
    .u32(4, context.instructions.length / 8)
    .pointer(8, context.instructions)
    .pointer(16, cString(context.license))
    .u32(24, 0)
    .u32(28, 0)
    .u64(32, 0)
    .u32(40, 0)
    .u32(44, kind.sleepable ? FLAG_SLEEPABLE : 0)
    .name(48, spec.name)
    .u32(68, kind.attachType === undefined ? 0 : ATTACH_TYPES[kind.attachType])
  if (context.attachBtfId !== 0) attr.u32(108, context.attachBtfId)
  if (context.btfFd === 0 || spec.functionInfo.length === 0) return attr
  attr
    .u32(72, context.btfFd)
    .u32(76, FUNCTION_INFO_BYTES)
    .pointer(80, spec.functionInfo)
    .u32(88, spec.functionInfo.byteLength / FUNCTION_INFO_BYTES)
    .u32(92, LINE_INFO_BYTES)
    .pointer(96, spec.lineInfo)
    .u32(104, spec.lineInfo.byteLength / LINE_INFO_BYTES)
  if (context.relocateInKernel && spec.coreRelocations.length > 0) {
    attr
      .u32(116, spec.coreRelocations.byteLength / RELOCATION_BYTES)
      .pointer(128, spec.coreRelocations)
      .u32(136, RELOCATION_BYTES)
  }
  return attr
}

/** Loads once more with a log: the log costs the verifier time, so the first attempt goes without. */
function explain(cause: unknown, attr: BpfAttr, spec: ProgramSpec): unknown {
  if (!(cause instanceof EbpfError)) return cause
  for (let bytes = LOG_BYTES; ;) {
    const buffer = new Uint8Array(bytes)
    attr.u32(24, 1).u32(28, bytes).pointer(32, buffer).u32(140, 0)
    try {
      closeFd(bpf(BPF.PROG_LOAD, attr))
      return cause // It was a passing trouble; the caller decides whether to try again.
    } catch (error) {
      if (error instanceof EbpfError && error.errno === ENOSPC && bytes < LOG_BYTES_MAX) {
        const neededBytes = attr.view.getUint32(140, true)
        bytes = Math.min(neededBytes > bytes ? neededBytes : bytes * LOG_GROWTH, LOG_BYTES_MAX)
        continue
      }
    }
    const log = textOf(buffer)
    if (refusedUnseen(cause, log)) return cause
    return new EbpfError('verifier', `program ${spec.name} (${spec.section}) is refused: ${telling(log)}`, {
      cause,
      errno: cause.errno,
      call: cause.call,
      log,
    })
  }
}

/**
 * Whether the program was refused before the verifier looked at an instruction: a missing capability, an unknown type,
 * a host that forbids its hook. The log is empty then, or tells of relocations alone.
 */
function refusedUnseen(cause: EbpfError, log: string): boolean {
  return telling(log) === '' || (cause.code === 'permission' && log.includes('\nprocessed 0 insns '))
}
