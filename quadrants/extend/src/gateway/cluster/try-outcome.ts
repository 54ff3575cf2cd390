/** How one try of an endpoint ended. */
export type TryOutcome =
  | {
      readonly kind: 'response'
      readonly status: number
      /** For a gRPC response without a body, or with its trailers. */
      readonly grpcStatus?: number
      readonly retryAfter?: string
    }
  /** A connection of bytes was opened; what became of it says nothing of the endpoint. */
  | { readonly kind: 'connected' }
  /** No connection, so the upstream has seen nothing of the request. */
  | { readonly kind: 'connect-failure' }
  | { readonly kind: 'connect-timeout' }
  /** REFUSED_STREAM, or above the last stream of a GOAWAY: the upstream has not looked at it (RFC 9113 8.7). */
  | { readonly kind: 'refused' }
  /** The connection or the stream ended before the response did, or what came was no HTTP. */
  | { readonly kind: 'reset'; readonly hasBegun: boolean }
  /** No response within the time of one try. */
  | { readonly kind: 'try-timeout' }
  /** The time of the route is over. */
  | { readonly kind: 'timeout' }
  /** The client has gone, or a filter has answered. */
  | { readonly kind: 'cancelled' }
