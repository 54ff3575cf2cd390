/** By their numbers in the ABI, as Envoy names them. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warning', 'error', 'critical'] as const
