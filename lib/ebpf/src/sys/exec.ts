import { cString } from './c-string.ts'
import { keepAcrossExec } from './file-descriptor.ts'
import { addressOf } from './libc.ts'
import { call } from './syscall.ts'

/**
 * Replaces this process by the same Node executable with `argv` (without the executable's own name). The process
 * id, standard streams, descriptors without close-on-exec and what `dropCapabilities` left stay; every other thread ends.
 * Does not return; call it from the main thread, before anything is at work.
 *
 * @throws {EbpfError} when the kernel refuses
 */
export function execSelf(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): never {
  const path = cString(process.execPath)
  const argumentList = pointerList([process.execPath, ...argv])
  const variables = Object.entries(env).filter((entry) => entry[1] !== undefined)
  const environment = pointerList(variables.map(([name, value]) => `${name}=${value}`))
  // Node marks its standard streams close-on-exec when it starts; the new program needs them.
  for (const fd of [0, 1, 2]) keepAcrossExec(fd)
  call('execve', [addressOf(path), addressOf(argumentList.pointers), addressOf(environment.pointers)])
  throw new Error('execve returned without an error')
}

/** A NULL-terminated `char *[]` with the strings it points to, which must stay reachable beside it. */
function pointerList(texts: readonly string[]) {
  const strings = texts.map(cString)
  const pointers = new BigUint64Array(strings.length + 1)
  strings.forEach((string, index) => {
    pointers[index] = BigInt(addressOf(string))
  })
  return { pointers, strings }
}
