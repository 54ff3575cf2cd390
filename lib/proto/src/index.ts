// Messages and services of `quadrant.v1`: the agent protocol, the server's API and the telemetry they carry.
export * from './gen/quadrant/v1/agent_pb.ts'
export * from './gen/quadrant/v1/api_pb.ts'
export * from './gen/quadrant/v1/telemetry_pb.ts'
export * from './covered-seconds.ts'
export * from './drop-kind.ts'
export * from './flow-cap.ts'
export * from './words.ts'
