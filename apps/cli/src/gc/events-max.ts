/** Most events that a server gives in one answer (ListRuntimeEventsRequest.limit). */
export const EVENTS_MAX = 100_000
