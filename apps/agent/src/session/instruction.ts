import { create } from '@bufbuild/protobuf'
import {
  FLOW_CAP_MAX,
  type Instruction,
  InstructionLimit,
  InstructionSchema,
  serviceRuleTexts,
  type ServiceRule,
} from '@quadrant/proto'

/** What the command line asks for. It holds whatever the server says. */
export interface InstructionFloor {
  readonly udpBytes: boolean
  readonly messageTargets: readonly string[]
  /** 0: the tracer's default. */
  readonly flowCapPerSecond: number
  /** The first that matches holds, before those of the server. */
  readonly serviceRules: readonly ServiceRule[]
}

/**
 * The instruction in force: the server's, and what the command line asks for on top of it. The server runs as an ordinary
 * user and we do not: what it may make us hold and match is bounded.
 */
export function effectiveInstruction(
  floor: InstructionFloor,
  fromServer: Instruction | undefined,
): Instruction {
  const targets = [...floor.messageTargets, ...(fromServer?.messageTargets ?? [])].filter(isShort)
  const rules = [...floor.serviceRules, ...(fromServer?.serviceRules ?? [])].filter((rule) =>
    serviceRuleTexts(rule).every(isShort),
  )
  return create(InstructionSchema, {
    udpBytes: floor.udpBytes || (fromServer?.udpBytes ?? false),
    messageTargets: [...new Set(targets)].slice(0, InstructionLimit.messageTargets),
    flowCapPerSecond: Math.min(floor.flowCapPerSecond || (fromServer?.flowCapPerSecond ?? 0), FLOW_CAP_MAX),
    serviceRules: rules.slice(0, InstructionLimit.serviceRules),
  })
}

function isShort(text: string): boolean {
  return text.length <= InstructionLimit.textLength
}
