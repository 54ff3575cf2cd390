import { clone, create, createFileRegistry, type DescService } from '@bufbuild/protobuf'
import {
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt'
import {
  AgentService,
  BatchSchema,
  file_quadrant_v1_agent,
  file_quadrant_v1_fact,
  file_quadrant_v1_profile,
  file_quadrant_v1_request,
  file_quadrant_v1_runtime,
  file_quadrant_v1_telemetry,
  type Batch,
  type SessionRequest,
} from '@quadrant/proto'

/** A Batch whose flows are still encoded. */
export type WireBatch = Omit<Batch, 'flows'> & { readonly flows: Uint8Array }

/** What arrives on an agent's session. */
export type WireRequest =
  | Exclude<SessionRequest['body'], { case: 'frame' }>
  | { case: 'frame'; value: { readonly seq: number; readonly batch?: WireBatch } }

/**
 * AgentService with `Batch.flows` declared as bytes. A message and bytes look the same on the wire, so agents don't
 * notice, and 5,000 flows a second pass through to the store without becoming objects.
 */
export const WireAgentService: typeof AgentService = (() => {
  const telemetry = clone(FileDescriptorProtoSchema, file_quadrant_v1_telemetry.proto)
  const batch = telemetry.messageType.find(({ name }) => name === BatchSchema.name)!
  const flows = batch.field.find(({ name }) => name === 'flows')!
  flows.type = FieldDescriptorProto_Type.BYTES
  flows.typeName = ''
  // Each after those that it imports: that is how a set of files is read.
  const file = [
    file_quadrant_v1_fact.proto,
    file_quadrant_v1_profile.proto,
    file_quadrant_v1_request.proto,
    file_quadrant_v1_runtime.proto,
    telemetry,
    file_quadrant_v1_agent.proto,
  ]
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file }))
  return registry.getService(AgentService.typeName) as DescService as typeof AgentService
})()
