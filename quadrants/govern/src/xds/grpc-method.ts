/** A method of gRPC whose messages are left as they are. */
export function method(path: string) {
  return {
    path,
    requestStream: true,
    responseStream: true,
    // As it came, and as it was put together: responses are bytes already.
    requestSerialize: (bytes: Buffer) => bytes,
    requestDeserialize: (bytes: Buffer) => bytes,
    responseSerialize: (bytes: Buffer) => bytes,
    responseDeserialize: (bytes: Buffer) => bytes,
  } as const
}
