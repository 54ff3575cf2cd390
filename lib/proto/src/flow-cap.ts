/**
 * The most single flows a second that an agent may be asked to tell. A second's flows are one frame, and the server takes
 * frames of 4 MiB: so many fit beside a full table of edges, also where each has two IPv6 addresses and a process of its
 * own. More would be dropped as a whole.
 */
export const FLOW_CAP_MAX = 20_000
