import { create } from '@bufbuild/protobuf'
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect'
import { hasErrors } from '@quadrant/core'
import { checkSamplingRules, compileRouteRules, samplingRuleOf } from '@quadrant/observe'
import {
  GetRequestInstructionResponseSchema,
  InstructionSchema,
  RequestHostSchema,
  SetRequestInstructionResponseSchema,
  type GetRequestInstructionResponse,
  type QuadrantService,
  type RequestHost,
  type SetRequestInstructionRequest,
  type SetRequestInstructionResponse,
} from '@quadrant/proto'
import type { ServerState } from '../state.ts'
import { currentAgents } from './current-agents.ts'
import { problemsOf } from './problems.ts'
import { requireFit } from './require-fit.ts'

/** What QuadrantService does about how requests are observed. */
export function requestInstructionRoutes(
  state: ServerState,
): Pick<ServiceImpl<typeof QuadrantService>, 'getRequestInstruction' | 'setRequestInstruction'> {
  return {
    getRequestInstruction: () => getRequestInstruction(state),
    setRequestInstruction: (request) => setRequestInstruction(state, request),
  }
}

async function getRequestInstruction(state: ServerState): Promise<GetRequestInstructionResponse> {
  const { requests } = await state.agents.instruction()
  return create(GetRequestInstructionResponseSchema, {
    ...(requests && { requests }),
    hosts: await hosts(state),
  })
}

async function hosts(state: ServerState): Promise<RequestHost[]> {
  const rows = await currentAgents(state)
  return rows
    .map(({ agentId, host }) => {
      const report = state.agents.report(agentId)
      const instruction = report?.instruction?.requests
      return create(RequestHostSchema, {
        host,
        connected: state.agents.isConnected(agentId),
        timeNs: report?.timeNs ?? 0,
        ...(instruction && { instruction }),
        ...(report?.requests && { report: report.requests }),
        problems: report?.blindSpots.filter((spot) => spot.startsWith('requests')) ?? [],
      })
    })
    .sort((a, b) => (a.host < b.host ? -1 : 1))
}

async function setRequestInstruction(
  { store, agents }: ServerState,
  { requests, checkOnly }: SetRequestInstructionRequest,
): Promise<SetRequestInstructionResponse> {
  if (!requests) throw new ConnectError('requests is missing', Code.InvalidArgument)
  const diagnostics = [
    ...checkSamplingRules(requests.samplingRules.map(samplingRuleOf)).diagnostics,
    ...compileRouteRules(requests.routeRules).diagnostics,
  ]
  const applied = !checkOnly && !hasErrors(diagnostics)
  // What a rule has wrong is told in words; the rest is refused as a whole.
  if (!hasErrors(diagnostics)) {
    const instruction = { ...((await store.instruction()) ?? create(InstructionSchema)), requests }
    requireFit(instruction)
    if (applied) await agents.instruct(instruction)
  }
  const now = (await agents.instruction()).requests
  return create(SetRequestInstructionResponseSchema, {
    applied,
    problems: problemsOf(diagnostics),
    ...(now && { requests: now }),
  })
}
