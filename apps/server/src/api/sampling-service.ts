import { create } from '@bufbuild/protobuf'
import { hasErrors } from '@quadrant/core'
import type { ServiceImpl } from '@connectrpc/connect'
import { checkSamplingRules, samplingRuleOf } from '@quadrant/observe'
import {
  InstructionSchema,
  RequestInstructionSchema,
  SetSamplingResponseSchema,
  type QuadrantService,
  type SetSamplingRequest,
  type SetSamplingResponse,
} from '@quadrant/proto'
import type { ServerState } from '../state.ts'
import { problemsOf } from './problems.ts'
import { requireFit } from './require-fit.ts'

/** What QuadrantService does about captures of requests. */
export function samplingRoutes(state: ServerState): Pick<ServiceImpl<typeof QuadrantService>, 'setSampling'> {
  return { setSampling: (request) => setSampling(state, request) }
}

async function setSampling(
  { store, agents }: ServerState,
  { rules, capturesPerSecondMax, checkOnly }: SetSamplingRequest,
): Promise<SetSamplingResponse> {
  const { diagnostics } = checkSamplingRules(rules.map(samplingRuleOf), { at: 'rules' })
  const applied = !checkOnly && !hasErrors(diagnostics)
  if (applied) {
    const before = (await store.instruction()) ?? create(InstructionSchema)
    const requests = before.requests ?? create(RequestInstructionSchema)
    const instruction = {
      ...before,
      requests: { ...requests, samplingRules: rules, capturesPerSecondMax },
    }
    requireFit(instruction)
    await agents.instruct(instruction)
  }
  return create(SetSamplingResponseSchema, {
    applied,
    problems: problemsOf(diagnostics),
    instruction: await agents.instruction(),
  })
}
