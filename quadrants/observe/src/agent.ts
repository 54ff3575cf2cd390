// What the agent uses: it comes without the pipelines, whose code would take 5 MB for as long as the agent runs.
export { checkHost } from './doctor/check-host.ts'
export { releaseMemory } from './release-memory.ts'
export type { HostTracer } from './tracer/host-tracer.ts'
export { openHostTracer } from './tracer/open-host-tracer.ts'
