import { Severity, type RequestInstruction, type SamplingProblem } from '@quadrant/proto'
import { printable } from '../output/printable.ts'
import { RULE_FLAGS } from './rule-flags.ts'

const WORDS: Readonly<Record<number, string>> = {
  [Severity.ERROR]: 'error',
  [Severity.WARNING]: 'warning',
  [Severity.INFO]: 'info',
}

/**
 * What the server says of a rule, with the place as a person knows it:
 *
 *     error[SAMPLE004] rule 'high', --header is no name of a header (RFC 9110, section 5.6.2)
 *
 * @param typed name of the rule that the command line is about: its fields are flags
 */
export function problemText(
  { code, severity, place, message, fix }: SamplingProblem,
  requests: RequestInstruction,
  typed: string | undefined,
): string {
  const what = message.startsWith(place) ? message.slice(place.length).trimStart() : message
  const lines = [
    `${WORDS[severity] ?? 'error'}[${code}] ${printable(`${placeText(place, requests, typed)} ${what}`)}`,
  ]
  if (fix !== '') lines.push(`fix: ${printable(fix)}`)
  return lines.join('\n')
}

function placeText(place: string, requests: RequestInstruction, typed: string | undefined): string {
  const [, list, index, field] = /^(\w+)\[(\d+)\](?:\.(\w+))?$/.exec(place) ?? []
  if (list === 'route_rules') {
    const rule = requests.routeRules[Number(index)]
    if (rule) return `--route-rule '${rule.service === '' ? '' : `${rule.service}=`}${rule.pattern}'`
  }
  const rule = list === 'sampling_rules' ? requests.samplingRules[Number(index)] : undefined
  if (!rule) return place
  const name = `rule '${rule.id}'`
  if (field === undefined) return name
  if (rule.id !== typed) return `${name}, ${field}`
  if (field === 'rate')
    return `${name}, ${rule.rate.case === 'perSecond' ? '--per-second' : '--per-thousand'}`
  return `${name}, ${RULE_FLAGS[field] ?? field}`
}
