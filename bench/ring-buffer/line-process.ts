import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A process that answers each line on its stdin with a line of JSON. */
export interface LineProcess extends Disposable {
  /** @throws {Error} when the process ends instead of answering */
  ask(line: string): Promise<unknown>
}

/**
 * @param fd a descriptor of ours that the process gets as its descriptor 3
 * @param cpu the processor it is bound to; default any
 */
export function lineProcess(command: readonly string[], fd: number, cpu?: number): LineProcess {
  const bound = cpu === undefined ? command : ['taskset', '-c', String(cpu), ...command]
  const [program, ...args] = bound
  const child = spawn(program!, args, { stdio: ['pipe', 'pipe', 'inherit', fd] })
  const waiting: PromiseWithResolvers<unknown>[] = []
  createInterface({ input: child.stdout! }).on('line', (line) => waiting.shift()?.resolve(JSON.parse(line)))
  const fail = (reason: string) => {
    for (const each of waiting.splice(0)) each.reject(new Error(`${command.join(' ')} ${reason}`))
  }
  child.on('error', (error) => fail(`did not start: ${error.message}`))
  child.on('exit', (code, signal) => fail(`ended with ${code ?? signal}`))
  return {
    ask(line) {
      const answer = Promise.withResolvers<unknown>()
      waiting.push(answer)
      child.stdin!.write(`${line}\n`)
      return answer.promise
    },
    [Symbol.dispose]() {
      child.kill('SIGKILL')
    },
  }
}
