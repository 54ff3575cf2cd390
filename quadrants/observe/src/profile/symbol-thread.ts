// The thread that turns counted stacks into windows, so that no file, however large or broken, holds up the agent.
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { ProfileAssembler } from './profile-assembler.ts'
import { releaseMemory } from '../release-memory.ts'
import type { ImagesMessage, SymbolThreadData, TurnMessage } from './profile-message.ts'
import type { WindowData } from './window-data.ts'

const port = parentPort!
const { images, options } = workerData as SymbolThreadData
const assembler = new ProfileAssembler(options)
// Before there is anything to do: the kernel's own functions take a tenth of a second.
assembler.refresh(performance.now())
// That left three times of it behind: their text, and lists that were too short.
releaseMemory()

images.on('message', (message: ImagesMessage) => assembler.meet(message, performance.now()))

port.on('message', (turn: TurnMessage) => {
  const result = assembler.add(turn, performance.now(), meetWaiting)
  port.postMessage(result, result.window ? columnsOf(result.window) : [])
})

/** Programs end while turns are waiting: those that are new are met before all else. */
function meetWaiting(): void {
  for (let waiting = receiveMessageOnPort(images); waiting; waiting = receiveMessageOnPort(images))
    assembler.meet(waiting.message as ImagesMessage, performance.now())
}

/** Memory that goes over instead of being copied. */
function columnsOf(window: WindowData): ArrayBuffer[] {
  return Object.values(window).flatMap((value: unknown) =>
    value instanceof Uint32Array && value.buffer instanceof ArrayBuffer ? [value.buffer] : [],
  )
}
