import { create } from '@bufbuild/protobuf'
import { type ServiceRule, ServiceRuleSchema } from './gen/quadrant/v1/agent_pb.ts'
import { InstructionLimit } from './instruction-limits.ts'

/** What a rule may look at, by the names that people write. */
const FIELDS = {
  exe: 'executable',
  arg: 'argument',
  unit: 'systemdUnit',
  container: 'containerId',
  cgroup: 'cgroup',
} as const satisfies Readonly<Record<string, keyof ServiceRule>>

/**
 * Reads a rule as people write it: `NAME=FIELD:GLOB[,FIELD:GLOB…]`, as in `checkout=unit:shop.service,arg:--role=checkout`.
 * All of its globs must match.
 *
 * @throws {RangeError} that says what is wrong and what would be right
 */
export function parseServiceRule(text: string): ServiceRule {
  if (text.length > InstructionLimit.textLength)
    throw new RangeError(`a rule has at most ${InstructionLimit.textLength} characters`)
  const [, service, conditions] = /^([^=,:]+)=(.+)$/.exec(text) ?? []
  if (!service || !conditions) throw new RangeError(`a rule is NAME=FIELD:GLOB, not '${text}'`)
  const rule = create(ServiceRuleSchema, { service })
  for (const condition of conditions.split(',')) {
    const colon = condition.indexOf(':')
    const name = condition.slice(0, colon)
    const glob = condition.slice(colon + 1)
    if (colon < 0 || glob === '') throw new RangeError(`'${condition}' is not FIELD:GLOB`)
    if (!isField(name))
      throw new RangeError(`'${name}' is no field of a rule: ${Object.keys(FIELDS).join(', ')} are`)
    if (rule[FIELDS[name]] !== '') throw new RangeError(`'${name}' is given twice`)
    rule[FIELDS[name]] = glob
  }
  return rule
}

/** All that people or servers may write into a rule. */
export function serviceRuleTexts(rule: ServiceRule): readonly string[] {
  return [rule.service, ...Object.values(FIELDS).map((field) => rule[field])]
}

function isField(name: string): name is keyof typeof FIELDS {
  return Object.hasOwn(FIELDS, name)
}
