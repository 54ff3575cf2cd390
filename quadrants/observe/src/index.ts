export { systemClock, type HostClock } from './discover/host-clock.ts'
export {
  openHostTracer,
  type HostTracer,
  type HostTracerOptions,
  type TracerLimits,
} from './tracer/host-tracer.ts'
