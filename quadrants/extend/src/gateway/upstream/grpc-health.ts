/** A gRPC message: not compressed, its length, then it. */
const PREFIX_BYTES = 5
/** `HealthCheckResponse.ServingStatus.SERVING` */
const SERVING = 1

/** `HealthCheckRequest{service = 1}` of grpc.health.v1. @param service up to 127 bytes long, as the configuration has it */
export function healthRequest(service: string): Uint8Array {
  const name = Buffer.from(service)
  const message = name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, name.length]), name])
  const prefix = Buffer.alloc(PREFIX_BYTES)
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

/** Whether `HealthCheckResponse{status = 1}` says that it serves. */
export function isServing(bytes: Buffer): boolean {
  return (
    bytes.length === PREFIX_BYTES + 2 &&
    bytes[0] === 0 &&
    bytes.readUInt32BE(1) === 2 &&
    bytes[PREFIX_BYTES] === 0x08 &&
    bytes[PREFIX_BYTES + 1] === SERVING
  )
}
