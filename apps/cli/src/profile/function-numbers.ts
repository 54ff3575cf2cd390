import type { StackFrame } from './stacks.ts'

/** Calls of one function at different lines are one function: the number of each frame's. */
export interface FunctionNumbers {
  /** Of a frame, by its index. */
  readonly numberOf: readonly number[]
  /** One frame of each function, by its number. */
  readonly functions: readonly StackFrame[]
}

export interface FunctionNumbersOptions {
  /** Functions of one name and module are told apart where their files differ. Default false: toolchains lie in different folders. */
  readonly byFile?: boolean
}

export function functionNumbers(
  frames: readonly StackFrame[],
  { byFile = false }: FunctionNumbersOptions = {},
): FunctionNumbers {
  const numbers = new Map<string, number>()
  const functions: StackFrame[] = []
  const numberOf = frames.map((frame) => {
    const key = JSON.stringify([frame.function, frame.module, byFile ? frame.file : ''])
    const known = numbers.get(key)
    if (known !== undefined) return known
    numbers.set(key, functions.length)
    return functions.push(frame) - 1
  })
  return { numberOf, functions }
}
