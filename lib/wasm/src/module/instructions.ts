import type { ModuleReader } from './module-reader.ts'

/** Those instructions that a reader of code looks at (WebAssembly core specification, 5.4; exception handling, tail calls). */
export const Opcode = {
  UNREACHABLE: 0x00,
  NOP: 0x01,
  BLOCK: 0x02,
  LOOP: 0x03,
  IF: 0x04,
  ELSE: 0x05,
  TRY: 0x06,
  CATCH: 0x07,
  THROW: 0x08,
  RETHROW: 0x09,
  THROW_REF: 0x0a,
  END: 0x0b,
  BR: 0x0c,
  BR_IF: 0x0d,
  BR_TABLE: 0x0e,
  RETURN: 0x0f,
  CALL: 0x10,
  CALL_INDIRECT: 0x11,
  RETURN_CALL: 0x12,
  RETURN_CALL_INDIRECT: 0x13,
  CALL_REF: 0x14,
  RETURN_CALL_REF: 0x15,
  DELEGATE: 0x18,
  CATCH_ALL: 0x19,
  DROP: 0x1a,
  SELECT_TYPED: 0x1c,
  TRY_TABLE: 0x1f,
  LOCAL_GET: 0x20,
  LOCAL_SET: 0x21,
  LOCAL_TEE: 0x22,
  GLOBAL_GET: 0x23,
  GLOBAL_SET: 0x24,
  MEMORY_GROW: 0x40,
  I32_CONST: 0x41,
  I64_CONST: 0x42,
  F32_CONST: 0x43,
  F64_CONST: 0x44,
  I64_LT_S: 0x53,
  I32_SHR_U: 0x76,
  I64_SUB: 0x7d,
  I64_EXTEND_I32_U: 0xad,
  BR_ON_NULL: 0xd5,
  BR_ON_NON_NULL: 0xd6,
  BULK: 0xfc,
  VECTOR: 0xfd,
  ATOMIC: 0xfe,
} as const

/** Of the prefix BULK. */
export const BulkOpcode = {
  MEMORY_INIT: 8,
  MEMORY_COPY: 10,
  MEMORY_FILL: 11,
  TABLE_INIT: 12,
  TABLE_COPY: 14,
  TABLE_GROW: 15,
  TABLE_FILL: 17,
} as const

const REFERENCE = 0x64
const REFERENCE_NULL = 0x63
/** An empty block type. */
export const BLOCK_VOID = 0x40

const NONE = 1
const INDEX = 2
const TWO_INDICES = 3
const BLOCK_TYPE = 4
const SIGNED_32 = 5
const SIGNED_64 = 6
const BYTES_4 = 7
const BYTES_8 = 8
const MEMORY = 9
const OTHER = 10

/** What stands behind each opcode; 0 for those that are not known. */
const IMMEDIATES = immediates()

function immediates(): Uint8Array {
  const kinds = new Uint8Array(256)
  const set = (kind: number, ...opcodes: readonly (number | readonly [number, number])[]): void => {
    for (const each of opcodes) {
      if (typeof each === 'number') kinds[each] = kind
      else kinds.fill(kind, each[0], each[1] + 1)
    }
  }
  set(NONE, 0x00, 0x01, 0x05, 0x0a, 0x0b, 0x0f, 0x19, 0x1a, 0x1b, [0x45, 0xc4], 0xd1, [0xd3, 0xd4])
  set(
    INDEX,
    [0x07, 0x09],
    [0x0c, 0x0d],
    0x10,
    0x12,
    0x14,
    0x15,
    0x18,
    [0x20, 0x26],
    0x3f,
    0x40,
    0xd2,
    0xd5,
    0xd6,
  )
  set(TWO_INDICES, 0x11, 0x13)
  set(BLOCK_TYPE, 0x02, 0x03, 0x04, 0x06, 0xd0)
  set(SIGNED_32, 0x41)
  set(SIGNED_64, 0x42)
  set(BYTES_4, 0x43)
  set(BYTES_8, 0x44)
  set(MEMORY, [0x28, 0x3e])
  set(OTHER, 0x0e, 0x1c, 0x1f, 0xfc, 0xfd, 0xfe)
  return kinds
}

/**
 * Steps over what stands behind an opcode.
 *
 * @throws {WasmError} `module` for an instruction that is not known: garbage collection, stack switching and the like
 */
export function skipImmediates(reader: ModuleReader, opcode: number): void {
  switch (IMMEDIATES[opcode]) {
    case NONE:
      return
    case INDEX:
      reader.u32()
      return
    case SIGNED_32:
      reader.skipNumber(32)
      return
    case MEMORY:
      skipMemoryArgument(reader)
      return
    case SIGNED_64:
      reader.skipNumber(64)
      return
    case BLOCK_TYPE:
      skipBlockType(reader)
      return
    case BYTES_4:
      reader.skip(4)
      return
    case BYTES_8:
      reader.skip(8)
      return
    case TWO_INDICES:
      reader.u32()
      reader.u32()
      return
    case OTHER:
      skipOther(reader, opcode)
      return
    default:
      reader.fail(`there is an unknown instruction 0x${opcode.toString(16)}`, reader.at - 1)
  }
}

/** The type of a value: of numbers, vectors and references (5.3.3 and on). */
export function skipValueType(reader: ModuleReader): void {
  const type = reader.u8()
  if (type === REFERENCE || type === REFERENCE_NULL) reader.skipNumber(33)
}

/** An index of a type, or the type of one value; also a heap type. */
export function skipBlockType(reader: ModuleReader): void {
  const first = reader.bytes[reader.at]
  if (first === REFERENCE || first === REFERENCE_NULL) reader.skip(1)
  reader.skipNumber(33)
}

/** `select` with types, `try_table` and `br_table`, and the instructions with a prefix. */
function skipOther(reader: ModuleReader, opcode: number): void {
  if (opcode === Opcode.BR_TABLE)
    for (let count = reader.count(TARGETS_MAX, 'targets'); count >= 0; count--) reader.u32()
  else if (opcode === Opcode.SELECT_TYPED)
    for (let count = reader.count(1000, 'types'); count > 0; count--) skipBlockType(reader)
  else if (opcode === Opcode.TRY_TABLE) {
    skipBlockType(reader)
    readCatches(reader, () => {})
  } else if (opcode === Opcode.BULK) skipBulk(reader)
  else if (opcode === Opcode.VECTOR) skipVector(reader)
  else skipAtomic(reader)
}

const TARGETS_MAX = 1_000_000

/** Tells the label of each clause of a `try_table`, and where it stands. */
export function readCatches(reader: ModuleReader, tell: (at: number, label: number) => void): void {
  for (let count = reader.count(TARGETS_MAX, 'catches'); count > 0; count--) {
    const kind = reader.u8()
    if (kind > 3) reader.fail('there is an unknown kind of catch', reader.at - 1)
    if (kind < 2) reader.u32()
    const at = reader.at
    tell(at, reader.u32())
  }
}

function skipMemoryArgument(reader: ModuleReader): void {
  // Bit 6 of the alignment says that the index of a memory follows.
  if ((reader.u32() & 0x40) !== 0) reader.u32()
  reader.skipNumber(64)
}

function skipBulk(reader: ModuleReader): void {
  const start = reader.at
  const opcode = reader.u32()
  if (opcode < 8) return
  if (opcode > 17) reader.fail(`there is an unknown instruction 0xfc 0x${opcode.toString(16)}`, start)
  reader.u32()
  if (opcode === 8 || opcode === 10 || opcode === 12 || opcode === 14) reader.u32()
}

/** Vectors, also relaxed ones. */
function skipVector(reader: ModuleReader): void {
  const start = reader.at
  const opcode = reader.u32()
  if (opcode > 0x113) reader.fail(`there is an unknown instruction 0xfd 0x${opcode.toString(16)}`, start)
  if (opcode <= 11 || opcode === 92 || opcode === 93) skipMemoryArgument(reader)
  else if (opcode === 12 || opcode === 13) reader.skip(16)
  else if (opcode >= 21 && opcode <= 34) reader.skip(1)
  else if (opcode >= 84 && opcode <= 91) {
    skipMemoryArgument(reader)
    reader.skip(1)
  }
}

function skipAtomic(reader: ModuleReader): void {
  const start = reader.at
  const opcode = reader.u32()
  if (opcode === 3) reader.skip(1)
  else if (opcode <= 2 || (opcode >= 0x10 && opcode <= 0x4e)) skipMemoryArgument(reader)
  else reader.fail(`there is an unknown instruction 0xfe 0x${opcode.toString(16)}`, start)
}

/** Steps over a constant expression with its `end`. */
export function skipExpression(reader: ModuleReader): void {
  for (;;) {
    const opcode = reader.u8()
    skipImmediates(reader, opcode)
    if (opcode === Opcode.END) return
  }
}
