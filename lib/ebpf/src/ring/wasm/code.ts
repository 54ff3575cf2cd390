import { pushSigned, pushUnsigned } from './leb128.ts'

/** Value types of WebAssembly, by their byte in the binary format. */
export const ValueType = { i32: 0x7f, i64: 0x7e } as const
export type ValueType = (typeof ValueType)[keyof typeof ValueType]

/** Where instructions are written: the bytes so far and how many blocks are open. */
export interface CodeWriter {
  readonly bytes: number[]
  depth: number
}

/**
 * A piece of a function body: an expression or a statement that writes itself.
 * Expressions take their operands as arguments, so code reads as the expression does:
 * `i32.add(get(at), i32.const(8))`.
 */
export type Code = (out: CodeWriter) => void

/** A local variable of the function that is being built. */
export interface Local {
  readonly index: number
  readonly type: ValueType
}

/** The target of a branch: known only once the block that holds it is written. */
export interface Label {
  depth: number
}

const EMPTY_BLOCK_TYPE = 0x40

/** Writes several statements one after the other. */
export function sequence(...parts: readonly Code[]): Code {
  return (out) => {
    for (const part of parts) part(out)
  }
}

function operation(opcode: readonly number[], ...operands: readonly Code[]): Code {
  return (out) => {
    for (const operand of operands) operand(out)
    out.bytes.push(...opcode)
  }
}

function nested(opcode: number, body: (label: Label) => Code): Code {
  return (out) => {
    out.bytes.push(opcode, EMPTY_BLOCK_TYPE)
    out.depth++
    body({ depth: out.depth })(out)
    out.bytes.push(0x0b)
    out.depth--
  }
}

/** A block: a branch to its label leaves it. */
export const block = (body: (exit: Label) => Code): Code => nested(0x02, body)

/** A loop: a branch to its label runs it again; reaching its end leaves it. */
export const loop = (body: (again: Label) => Code): Code => nested(0x03, body)

/** Runs `then` where `condition` (i32) is not zero, else `otherwise`. */
export function when(condition: Code, then: Code, otherwise?: Code): Code {
  return (out) => {
    condition(out)
    out.bytes.push(0x04, EMPTY_BLOCK_TYPE)
    out.depth++
    then(out)
    if (otherwise) {
      out.bytes.push(0x05)
      otherwise(out)
    }
    out.bytes.push(0x0b)
    out.depth--
  }
}

/** Branches to `label`, always or where `condition` (i32) is not zero. */
export function branch(label: Label, condition?: Code): Code {
  return (out) => {
    condition?.(out)
    out.bytes.push(condition ? 0x0d : 0x0c)
    pushUnsigned(out.bytes, out.depth - label.depth)
  }
}

/** The value of `then` where `condition` (i32) is not zero, else of `otherwise`; both are computed. */
export const select = (then: Code, otherwise: Code, condition: Code): Code =>
  operation([0x1b], then, otherwise, condition)

/** Computes a value for nothing but its effects. */
export const drop = (value: Code): Code => operation([0x1a], value)

/** The value of a local. */
export function get(local: Local): Code {
  return (out) => {
    out.bytes.push(0x20)
    pushUnsigned(out.bytes, local.index)
  }
}

/** Sets a local. */
export function set(local: Local, value: Code): Code {
  return (out) => {
    value(out)
    out.bytes.push(0x21)
    pushUnsigned(out.bytes, local.index)
  }
}

/** Sets a local and is its new value. */
export function tee(local: Local, value: Code): Code {
  return (out) => {
    value(out)
    out.bytes.push(0x22)
    pushUnsigned(out.bytes, local.index)
  }
}

/** Copies `byteLength` bytes within the linear memory. */
export const copyMemory = (to: Code, from: Code, byteLength: Code): Code =>
  operation([0xfc, 0x0a, 0x00, 0x00], to, from, byteLength)

/** An access of linear memory at `address` + `offset`; `alignment` is a power of two's exponent. */
function access(opcode: readonly number[], alignment: number) {
  return (address: Code, offset: number, value?: Code): Code =>
    (out) => {
      address(out)
      value?.(out)
      out.bytes.push(...opcode)
      pushUnsigned(out.bytes, alignment)
      pushUnsigned(out.bytes, offset)
    }
}

const unary = (opcode: number) => (operand: Code) => operation([opcode], operand)
const binary = (opcode: number) => (left: Code, right: Code) => operation([opcode], left, right)

function constant(opcode: number) {
  return (value: number | bigint): Code =>
    (out) => {
      out.bytes.push(opcode)
      pushSigned(out.bytes, opcode === 0x41 ? BigInt.asIntN(32, BigInt(value)) : BigInt(value))
    }
}

/**
 * Instructions on i32. Loads and stores declare byte alignment, since a ring's records may lie anywhere;
 * `atomicLoad` needs its address aligned to 4 bytes.
 */
export const i32 = {
  const: constant(0x41),
  load: access([0x28], 0),
  load8u: access([0x2d], 0),
  load16u: access([0x2f], 0),
  store: access([0x36], 0),
  atomicLoad: access([0xfe, 0x10], 2),
  eqz: unary(0x45),
  eq: binary(0x46),
  ne: binary(0x47),
  lessSigned: binary(0x48),
  less: binary(0x49),
  greaterSigned: binary(0x4a),
  greater: binary(0x4b),
  lessEqualSigned: binary(0x4c),
  greaterEqual: binary(0x4f),
  add: binary(0x6a),
  sub: binary(0x6b),
  mul: binary(0x6c),
  and: binary(0x71),
  or: binary(0x72),
  shl: binary(0x74),
  shr: binary(0x76),
  wrap: unary(0xa7),
} as const

/** Instructions on i64; as for {@link i32}, `atomicStore` needs its address aligned to 8 bytes. */
export const i64 = {
  const: constant(0x42),
  load: access([0x29], 0),
  load8s: access([0x30], 0),
  load8u: access([0x31], 0),
  load16s: access([0x32], 0),
  load16u: access([0x33], 0),
  load32s: access([0x34], 0),
  load32u: access([0x35], 0),
  store: access([0x37], 0),
  atomicLoad: access([0xfe, 0x11], 3),
  atomicStore: access([0xfe, 0x18], 3),
  eqz: unary(0x50),
  eq: binary(0x51),
  ne: binary(0x52),
  lessSigned: binary(0x53),
  less: binary(0x54),
  greaterSigned: binary(0x55),
  greater: binary(0x56),
  clz: unary(0x79),
  add: binary(0x7c),
  sub: binary(0x7d),
  mul: binary(0x7e),
  and: binary(0x83),
  or: binary(0x84),
  xor: binary(0x85),
  shl: binary(0x86),
  shr: binary(0x88),
  extend: unary(0xad),
} as const
