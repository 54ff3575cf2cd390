import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { InstructionSchema, type Instruction } from '@quadrant/proto'
import type { Statements } from './statements.ts'

/** What the SQLite store keeps by name. */
export class Settings {
  readonly #statements: Statements

  constructor(statements: Statements) {
    this.#statements = statements
  }

  /** What agents are to observe; undefined until somebody said so. */
  instruction(): Instruction | undefined {
    const row = this.#statements.prepare("SELECT value FROM settings WHERE name = 'instruction'").get()
    return row && fromBinary(InstructionSchema, row['value'] as Uint8Array)
  }

  keepInstruction(instruction: Instruction): void {
    this.#statements
      .prepare("INSERT OR REPLACE INTO settings VALUES ('instruction', ?)")
      .run(toBinary(InstructionSchema, instruction))
  }
}
