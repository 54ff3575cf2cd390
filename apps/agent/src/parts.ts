// All code of the agent's work, loaded by one import after privileges are gone and before anything is at work.
export { releaseProgramText } from '@quadrant/ebpf'
export { checkHost, openHostTracer, releaseMemory } from '@quadrant/observe/agent'
export { runAgent } from './agent.ts'
export { openDiskDirectory } from './journal/disk-directory.ts'
export { Journal } from './journal/journal.ts'
export { lockDirectory } from './journal/lock.ts'
