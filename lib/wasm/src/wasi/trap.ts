/** A function of the guest that was running, innermost first. */
export interface GuestFrame {
  /** As the name section has it, such as `main.handler`; undefined in a stripped module. */
  readonly functionName: string | undefined
  readonly functionIndex: number
  /** Byte offset in the module. */
  readonly offset: number
}

/** More frames than that are not told, however deep a guest was. */
const FRAMES_MAX = 100
const NAME_CHARACTERS_MAX = 1024

/** V8's line of a frame: `at name (wasm://wasm/hash:wasm-function[12]:0x34)`, or without the name. */
const FRAME = /^ {4}at (?:async )?(?:(.*) \()?wasm:\/\/.*:wasm-function\[(\d+)\]:0x([0-9a-f]+)\)?$/

/** The guest's frames of an error's stack. */
export function guestFrames(error: unknown): readonly GuestFrame[] {
  const stack = error instanceof Error && typeof error.stack === 'string' ? error.stack : ''
  const frames: GuestFrame[] = []
  for (const line of stack.split('\n')) {
    const [, name, index, offset] = FRAME.exec(line.slice(0, NAME_CHARACTERS_MAX + 200)) ?? []
    if (index === undefined || offset === undefined) continue
    frames.push({
      functionName: nameOf(name),
      functionIndex: Number(index),
      offset: Number.parseInt(offset, 16),
    })
    if (frames.length === FRAMES_MAX) break
  }
  return frames
}

/** V8 writes `wasm-function[12]` where there is no name. */
function nameOf(name: string | undefined): string | undefined {
  return name === undefined || name === '' || name.startsWith('wasm-function[')
    ? undefined
    : name.slice(0, NAME_CHARACTERS_MAX)
}
