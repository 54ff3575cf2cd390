/**
 * A BPF instruction (Documentation/bpf/standardization/instruction-set.rst); the two registers swap places with
 * the byte order:
 *
 *     ┌────────┬─────────┬────────────┬────────────────┐
 *     │ code 8 │ dst src │ offset 16  │ immediate 32   │
 *     └────────┴─────────┴────────────┴────────────────┘
 */
export const INSTRUCTION_BYTES = 8

/** The two instructions that refer to something outside of a function. */
export const OPCODE = { loadImmediate64: 0x18, call: 0x85 } as const

/** Meanings of the source register of a 64-bit immediate load, `BPF_PSEUDO_*`. */
export const PSEUDO_LOAD = { mapFd: 1, mapValue: 2, function: 4 } as const

/** Meanings of the source register of a call, `BPF_PSEUDO_*`; 0 is a helper. */
export const PSEUDO_CALL = { function: 1, kernelFunction: 2 } as const

/** Reads and changes encoded instructions in place. `index` counts 8-byte units. */
export class InstructionView {
  readonly bytes: Uint8Array
  readonly #view: DataView
  readonly #littleEndian: boolean

  constructor(bytes: Uint8Array, littleEndian: boolean) {
    this.bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#littleEndian = littleEndian
  }

  get count(): number {
    return this.bytes.length / INSTRUCTION_BYTES
  }

  opcode(index: number): number {
    return this.bytes[index * INSTRUCTION_BYTES]!
  }

  setOpcode(index: number, opcode: number): void {
    this.bytes[index * INSTRUCTION_BYTES] = opcode
  }

  source(index: number): number {
    const registers = this.bytes[index * INSTRUCTION_BYTES + 1]!
    return this.#littleEndian ? registers >> 4 : registers & 0xf
  }

  setSource(index: number, source: number): void {
    const at = index * INSTRUCTION_BYTES + 1
    const registers = this.bytes[at]!
    this.bytes[at] = this.#littleEndian ? (registers & 0xf) | (source << 4) : (registers & 0xf0) | source
  }

  setDestination(index: number, destination: number): void {
    const at = index * INSTRUCTION_BYTES + 1
    const registers = this.bytes[at]!
    this.bytes[at] = this.#littleEndian
      ? (registers & 0xf0) | destination
      : (registers & 0xf) | (destination << 4)
  }

  offset(index: number): number {
    return this.#view.getInt16(index * INSTRUCTION_BYTES + 2, this.#littleEndian)
  }

  setOffset(index: number, offset: number): void {
    this.#view.setInt16(index * INSTRUCTION_BYTES + 2, offset, this.#littleEndian)
  }

  immediate(index: number): number {
    return this.#view.getInt32(index * INSTRUCTION_BYTES + 4, this.#littleEndian)
  }

  setImmediate(index: number, immediate: number): void {
    this.#view.setInt32(index * INSTRUCTION_BYTES + 4, immediate, this.#littleEndian)
  }
}
