/** Instructions whose cost under a probe differs, as functions of Go begin and end with them. */
export type ProbedInstruction = 'nop' | 'push' | 'jump' | 'cmp' | 'sub' | 'ret'

/** A program that runs one instruction again and again. */
export interface TrapProgram {
  readonly elf: Uint8Array
  /** Where the instruction is in the file. */
  readonly offset: number
}

const HEADER_BYTES = 64
const SEGMENT_BYTES = 56
const ADDRESS = 0x40_0000
const CODE_AT = HEADER_BYTES + SEGMENT_BYTES

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex')

/** `clock_gettime(CLOCK_THREAD_CPUTIME_ID, rsp + at)` */
const clock = (at: '00' | '10') => `b8 e4000000 bf 03000000 48 8d 74 24 ${at} 0f 05`

const BEFORE = `
  48 83 ec 60
  49 89 e6
  ${clock('00')}
  bb`
const AFTER = `
  ${clock('10')}
  b8 01000000 bf 01000000 48 89 e6 ba 20000000 0f 05
  b8 3c000000 31 ff 0f 05`

/** Instruction and what undoes it. R14 points to the stack, as to g in Go. */
const INSTRUCTIONS: Readonly<Record<Exclude<ProbedInstruction, 'ret'>, readonly [string, string]>> = {
  nop: ['90', ''],
  push: ['55', '5d'],
  jump: ['76 00', ''],
  cmp: ['49 3b 66 10', ''],
  sub: ['48 83 ec 00', ''],
}

/**
 * An ELF program for x86-64 without anything: it reads its thread's clock, runs the instruction `count` times, reads the
 * clock again and writes both times (seconds and nanoseconds, 64 bits each) to standard output.
 */
export function trapProgram(instruction: ProbedInstruction, count: number): TrapProgram {
  const before = hex(BEFORE)
  const counter = Buffer.alloc(4)
  counter.writeUInt32LE(count)
  let loop: Buffer
  let probedAt = 0
  if (instruction === 'ret') {
    // call over a jump: the return is the last byte.  call +2; jmp +1; ret
    loop = hex('e8 02000000 eb 01 c3')
    probedAt = 7
  } else loop = hex(INSTRUCTIONS[instruction].join(''))
  // dec ebx; jnz back
  const end = Buffer.concat([hex('ff cb 75'), Buffer.from([256 - (loop.length + 4)])])
  const code = Buffer.concat([before, counter, loop, end, hex(AFTER)])
  const elf = new Uint8Array(CODE_AT + code.length)
  writeHeaders(new DataView(elf.buffer), elf.length)
  elf.set(code, CODE_AT)
  return { elf, offset: CODE_AT + before.length + counter.length + probedAt }
}

/** `Elf64_Ehdr` and one `Elf64_Phdr` (elf(5)): the whole file, readable and executable, at `ADDRESS`. */
function writeHeaders(view: DataView, fileBytes: number): void {
  const EXECUTABLE = 2
  const X86_64 = 62
  new Uint8Array(view.buffer).set(hex('7f 45 4c 46 02 01 01'))
  view.setUint16(16, EXECUTABLE, true)
  view.setUint16(18, X86_64, true)
  view.setUint32(20, 1, true)
  view.setBigUint64(24, BigInt(ADDRESS + CODE_AT), true)
  view.setBigUint64(32, BigInt(HEADER_BYTES), true)
  view.setUint16(52, HEADER_BYTES, true)
  view.setUint16(54, SEGMENT_BYTES, true)
  view.setUint16(56, 1, true)
  const LOAD = 1
  const READ_EXECUTE = 5
  view.setUint32(HEADER_BYTES, LOAD, true)
  view.setUint32(HEADER_BYTES + 4, READ_EXECUTE, true)
  view.setBigUint64(HEADER_BYTES + 16, BigInt(ADDRESS), true)
  view.setBigUint64(HEADER_BYTES + 24, BigInt(ADDRESS), true)
  view.setBigUint64(HEADER_BYTES + 32, BigInt(fileBytes), true)
  view.setBigUint64(HEADER_BYTES + 40, BigInt(fileBytes), true)
  view.setBigUint64(HEADER_BYTES + 48, 4096n, true)
}
