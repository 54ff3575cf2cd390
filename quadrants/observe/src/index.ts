export { systemClock, type HostClock } from './discover/host-clock.ts'
export type { ConnectionEvent, ConnectionEventKind } from './events/connection-event.ts'
export {
  openConnectionEvents,
  type ConnectionEvents,
  type ConnectionEventsOptions,
} from './events/connection-events.ts'
export { TcpState } from './kernel/record.ts'
export type { HostTracer, HostTracerOptions, TracerLimits } from './tracer/host-tracer.ts'
export { openHostTracer } from './tracer/open-host-tracer.ts'
export { checkHost, type CheckHostOptions } from './doctor/check-host.ts'
export { HOOKS, type Hook } from './doctor/hook.ts'
export {
  openProfiler,
  PROFILE_HZ,
  PROFILE_HZ_MAX,
  type Profiler,
  type ProfilerOptions,
  type ProfilerReport,
} from './profile/profiler.ts'
