export { systemClock, type HostClock } from './discover/host-clock.ts'
export {
  openHostTracer,
  type HostTracer,
  type HostTracerOptions,
  type TracerLimits,
} from './tracer/host-tracer.ts'
export { checkHost, type CheckHostOptions } from './doctor/check-host.ts'
export { HOOKS, type Hook } from './doctor/hook.ts'
