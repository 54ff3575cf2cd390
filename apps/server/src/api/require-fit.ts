import { Code, ConnectError } from '@connectrpc/connect'
import type { Instruction } from '@quadrant/proto'
import { checkInstruction } from '../ingest/check-report.ts'

/** @throws {ConnectError} `InvalidArgument`: no agent takes this instruction */
export function requireFit(instruction: Instruction): void {
  const refusal = checkInstruction(instruction)
  if (refusal) throw new ConnectError(refusal.detail, Code.InvalidArgument)
}
