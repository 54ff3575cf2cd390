// The thread that turns counted stacks into windows, so that no file, however large or broken, holds up the agent.
import { parentPort, workerData } from 'node:worker_threads'
import { ProfileAssembler } from './profile-assembler.ts'
import type { ProfileMessage } from './profile-message.ts'
import type { SymbolizerOptions } from './symbolizer.ts'

const port = parentPort!
const assembler = new ProfileAssembler(workerData as SymbolizerOptions)

// Before there is anything to do: the kernel's own functions take a tenth of a second.
assembler.refresh(performance.now())

port.on('message', (message: ProfileMessage) => {
  const nowMs = performance.now()
  if (message.kind === 'images') assembler.meet(message, nowMs)
  else port.postMessage(assembler.add(message, nowMs))
})
