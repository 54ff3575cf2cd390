import { fileURLToPath } from 'node:url'
import { create } from '@bufbuild/protobuf'
import { type Instruction, type ServiceRule, ServiceRuleSchema } from '@quadrant/proto'

/** Quadrant's own processes run scripts that are called main, in folders that say nothing to people. */
const OWN_NAMES: readonly ServiceRule[] = [
  ownName('quadrant-server', '../../server/src/main.ts'),
  ownName('quadrant-agent', './main.ts'),
  ownName('quadrant', '../../cli/src/main.ts'),
]

/** The same instruction, with names for Quadrant's own processes behind the rules of people. */
export function withOwnNames(instruction: Instruction): Instruction {
  return { ...instruction, serviceRules: [...instruction.serviceRules, ...OWN_NAMES] }
}

function ownName(service: string, script: string): ServiceRule {
  return create(ServiceRuleSchema, { service, argument: fileURLToPath(new URL(script, import.meta.url)) })
}
