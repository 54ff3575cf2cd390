import { InstructionLimit, type RequestInstruction, type RequestReport } from '@quadrant/proto'
import { atMost, counter, Refused, text, within } from './refusal.ts'

const PROTOCOLS = 4
const REPORT_COUNTERS = [
  'generation',
  'services',
  'preciseServices',
  'tlsProcesses',
  'requests',
  'captures',
  'capturesCapped',
] as const
/** Nanoseconds of the Unix epoch are over 2^53. */
const U64_MAX = 2 ** 64
const PER_THOUSAND_MAX = 1000
const U32_MAX = 0xffff_ffff

/** Checks what an instruction says of requests; whether its rules make sense, who asks for it is told in words before. */
export function checkRequestInstruction(instruction: RequestInstruction): void {
  const { capturesPerSecond, requestGlobs, routeRules, routesPerService, samplingRules, textLength } =
    InstructionLimit
  const at = 'requests'
  for (const name of ['services', 'preciseServices', 'redactedHeaders', 'redactedParameters'] as const) {
    atMost(`${at}.${name}`, instruction[name].length, requestGlobs)
    for (const [i, glob] of instruction[name].entries()) text(`${at}.${name}[${i}]`, glob, textLength)
  }
  atMost(`${at}.protocols`, instruction.protocols.length, PROTOCOLS)
  for (const [i, protocol] of instruction.protocols.entries())
    within(`${at}.protocols[${i}]`, protocol >>> 0, PROTOCOLS)
  counter(`${at}.captures_per_second_max`, instruction.capturesPerSecondMax, capturesPerSecond)
  counter(`${at}.routes_per_service_max`, instruction.routesPerServiceMax, routesPerService)
  atMost(`${at}.sampling_rules`, instruction.samplingRules.length, samplingRules)
  for (const [i, rule] of instruction.samplingRules.entries()) {
    const place = `${at}.sampling_rules[${i}]`
    text(`${place}.id`, rule.id, textLength)
    for (const name of ['header', 'value', 'service', 'route'] as const)
      text(`${place}.${name}`, rule[name], textLength, true)
    within(`${place}.protocol`, rule.protocol >>> 0, PROTOCOLS)
    if (rule.rate.case === 'perThousand') counter(`${place}.per_thousand`, rule.rate.value, PER_THOUSAND_MAX)
    if (rule.rate.case === 'perSecond') counter(`${place}.per_second`, rule.rate.value, U32_MAX)
    counter(`${place}.captures_per_second_max`, rule.capturesPerSecondMax, capturesPerSecond)
  }
  atMost(`${at}.route_rules`, instruction.routeRules.length, routeRules)
  for (const [i, { service, pattern }] of instruction.routeRules.entries()) {
    text(`${at}.route_rules[${i}].service`, service, textLength, true)
    text(`${at}.route_rules[${i}].pattern`, pattern, textLength)
    if (!pattern.startsWith('/'))
      throw new Refused('text', `${at}.route_rules[${i}].pattern has no '/' first`)
  }
}

/** Checks how an agent says that the observing of requests fares. */
export function checkRequestReport(report: RequestReport): void {
  for (const name of REPORT_COUNTERS) counter(`requests.${name}`, report[name])
  counter('requests.effective_ns', report.effectiveNs, U64_MAX)
}
