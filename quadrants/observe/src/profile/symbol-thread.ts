// The thread that turns counted stacks into windows, so that no file, however large or broken, holds up the agent.
import { parentPort, workerData } from 'node:worker_threads'
import { ProfileAssembler } from './profile-assembler.ts'
import type { ProfileMessage } from './profile-message.ts'
import type { SymbolizerOptions } from './symbolizer.ts'
import type { WindowData } from './window-data.ts'

const port = parentPort!
const assembler = new ProfileAssembler(workerData as SymbolizerOptions)

// Before there is anything to do: the kernel's own functions take a tenth of a second.
assembler.refresh(performance.now())

port.on('message', (message: ProfileMessage) => {
  const nowMs = performance.now()
  if (message.kind === 'images') assembler.meet(message, nowMs)
  else {
    const result = assembler.add(message, nowMs)
    port.postMessage(result, result.window ? columnsOf(result.window) : [])
  }
})

/** Memory that goes over instead of being copied. */
function columnsOf(window: WindowData): ArrayBuffer[] {
  return Object.values(window).flatMap((value: unknown) =>
    value instanceof Uint32Array && value.buffer instanceof ArrayBuffer ? [value.buffer] : [],
  )
}
