import { fromJson, type JsonObject } from '@bufbuild/protobuf'
import { matchFieldQuery } from '@quadrant/core'
import { FlowSchema, Role, type Flow } from '@quadrant/proto'
import { recordedFlow } from './flow-fields.ts'
import { unreadable, type Recorded } from './recording.ts'

/** Flows as `observe -o jsonl` writes them. Without `bothEnds` the client's end stands for both, as the server has it. */
export function recordedFlows(bothEnds: boolean): Recorded<Flow> {
  return {
    lineCharactersMax: 65_536,
    read: readFlow,
    timeNs: ({ timeNs }) => timeNs,
    matches: (flow, query) =>
      (bothEnds || !flow.joined || flow.role !== Role.SERVER) && matchFieldQuery(query, recordedFlow(flow)),
  }
}

function readFlow(json: JsonObject): Flow | string {
  if ('request' in json) return 'not a flow but a request: read it with --requests'
  try {
    // Fields of later versions are skipped; a wrong type or an unknown event is not.
    const flow = fromJson(FlowSchema, json, { ignoreUnknownFields: true })
    return flow.event === 0 ? 'not a flow: it has no event' : flow
  } catch (error) {
    return unreadable('flow', error)
  }
}
