import { create } from '@bufbuild/protobuf'
import { FLOW_CAP_MAX, type Instruction, InstructionSchema } from '@quadrant/proto'

/** The server runs as an ordinary user and we do not: what it may make us hold and match is bounded. */
const TARGETS_MAX = 64
const RULES_MAX = 1000
const TEXT_LENGTH_MAX = 512

/** What the command line asks for. It holds whatever the server says. */
export interface InstructionFloor {
  readonly udpBytes: boolean
  readonly messageTargets: readonly string[]
  /** 0: the tracer's default. */
  readonly flowCapPerSecond: number
}

/** The instruction in force: the server's, within limits, and what the command line asks for on top of it. */
export function effectiveInstruction(
  floor: InstructionFloor,
  fromServer: Instruction | undefined,
): Instruction {
  const targets = [...floor.messageTargets, ...(fromServer?.messageTargets ?? [])].filter(isShort)
  const rules = (fromServer?.serviceRules ?? []).filter((rule) =>
    [rule.service, rule.executable, rule.argument, rule.systemdUnit, rule.containerId, rule.cgroup].every(
      isShort,
    ),
  )
  return create(InstructionSchema, {
    udpBytes: floor.udpBytes || (fromServer?.udpBytes ?? false),
    messageTargets: [...new Set(targets)].slice(0, TARGETS_MAX),
    flowCapPerSecond: Math.min(fromServer?.flowCapPerSecond || floor.flowCapPerSecond, FLOW_CAP_MAX),
    serviceRules: rules.slice(0, RULES_MAX),
  })
}

function isShort(text: string): boolean {
  return text.length <= TEXT_LENGTH_MAX
}
