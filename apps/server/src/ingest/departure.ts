import { Code, ConnectError } from '@connectrpc/connect'

/**
 * Whether reading a session failed because the agent went away: killed, stopped, or cut off, between two messages or
 * within one. What the decoder says of bytes that are none of the protocol's is a ConnectError; what the stream says
 * of its own end (premature close, reset) is not, save for the message that was cut short.
 */
export function isDeparture(error: unknown): boolean {
  if (!(error instanceof ConnectError)) return true
  return (
    error.code === Code.Canceled ||
    error.code === Code.Aborted ||
    error.rawMessage === 'protocol error: incomplete envelope'
  )
}
