import { create } from '@bufbuild/protobuf'
import {
  FLOW_CAP_MAX,
  type Instruction,
  InstructionLimit,
  InstructionSchema,
  RequestInstructionSchema,
  serviceRuleTexts,
  type ServiceRule,
} from '@quadrant/proto'
import { boundedRequests } from './request-instruction.ts'

/** What the command line asks for. It holds whatever the server says. */
export interface InstructionFloor {
  readonly udpBytes: boolean
  readonly messageTargets: readonly string[]
  /** 0: the tracer's default. */
  readonly flowCapPerSecond: number
  /** The first that matches holds, before those of the server. */
  readonly serviceRules: readonly ServiceRule[]
  /** Whatever the server says, no process is probed. */
  readonly probesOff: boolean
  readonly profilesOff: boolean
  /** Globs for services whose requests are observed; others are where somebody asks the server for it. */
  readonly requestServices: readonly string[]
  /** Most that a server may allow; 0: the observer's default, and whatever a server says. */
  readonly probeShareMax: number
}

/** No sampling of every processor is more frequent: what a server may cost each process of this host is bounded. */
const PROFILE_HZ_MAX = 99

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
    profileHz: Math.min(fromServer?.profileHz ?? 0, PROFILE_HZ_MAX),
    profileUntilNs: positive(fromServer?.profileUntilNs),
    profilesOff: floor.profilesOff || (fromServer?.profilesOff ?? false),
    probesOff: floor.probesOff || (fromServer?.probesOff ?? false),
    probeShareMax: shareMax(floor.probeShareMax, positive(fromServer?.probeShareMax)),
    requests: requestsOf(floor, fromServer),
  })
}

/** A program that sees each packet runs for those only who asked for it. */
function requestsOf({ requestServices }: InstructionFloor, fromServer: Instruction | undefined) {
  const asked = fromServer?.requests && boundedRequests(fromServer.requests)
  const isAsked = asked !== undefined && !asked.off
  const own = requestServices.filter(isShort)
  // None of them means all.
  const isAll = own.includes('*') || (isAsked && asked.services.length === 0)
  const services = isAll ? [] : [...new Set([...own, ...(isAsked ? asked.services : [])])]
  return {
    ...(asked ?? create(RequestInstructionSchema)),
    off: own.length === 0 && !isAsked,
    services: services.slice(0, InstructionLimit.requestGlobs),
  }
}

/** The smaller of what is given; 0 where neither is. */
function shareMax(own: number, fromServer: number): number {
  const given = [own, fromServer].filter((share) => share > 0)
  return given.length === 0 ? 0 : Math.min(1, ...given)
}

/** Not a number, negative, not finite: not given. */
function positive(value: number | undefined): number {
  return value !== undefined && value > 0 && Number.isFinite(value) ? value : 0
}

function isShort(text: string): boolean {
  return text.length <= InstructionLimit.textLength
}
