// Opens a Go program, in a process of its own:
//
//   node consumer.ts open PROGRAM COUNT   prints the milliseconds that each time took, as JSON; the first one is with
//                                         code that has not run before
//   node consumer.ts find PROGRAM COUNT   the same for finding the runtime's variables, once it is open
//   node consumer.ts hold PROGRAM COUNT   opens it so many times, looks functions up in each, and prints what memory
//                                         it has for it, as JSON
import { fstatSync, openSync, readSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  findRuntimeVariables,
  framesAt,
  goFunction,
  openGoBinary,
  runtimeLayout,
  type ByteSource,
  type GoBinary,
} from '@quadrant/golang'

const LOOKUP_COUNT = 500

const [mode, program, countText] = process.argv.slice(2)
const count = Number(countText)
if (mode === 'hold') hold()
else {
  const run = mode === 'find' ? find() : () => openGoBinary(fileSource())
  const times = Array.from({ length: count }, () => {
    const start = performance.now()
    run()
    return performance.now() - start
  })
  process.stdout.write(`${JSON.stringify(times)}\n`)
}

function fileSource(): ByteSource {
  const fd = openSync(program!, 'r')
  return {
    byteLength: fstatSync(fd).size,
    read(offset, length) {
      const bytes = new Uint8Array(length)
      return bytes.subarray(0, readSync(fd, bytes, 0, length, offset))
    },
  }
}

function find(): () => void {
  const binary = openGoBinary(fileSource())
  const layout = runtimeLayout(binary.buildInfo!.goVersion, binary.image.architecture)
  return () => {
    if (Object.keys(findRuntimeVariables(binary, layout).value).length === 0) throw new Error('none found')
  }
}

function hold(): void {
  const held: GoBinary[] = []
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  openGoBinary(fileSource())
  collect()
  const before = process.memoryUsage.rss()
  for (let index = 0; index < count; index++) {
    const binary = openGoBinary(fileSource())
    const { functions } = binary
    const functionCount = functions.header.functionCount
    for (let lookup = 0; lookup < LOOKUP_COUNT; lookup++) {
      const { entry } = goFunction(functions, Math.floor((lookup * functionCount) / LOOKUP_COUNT))
      framesAt(functions, entry)
    }
    held.push(binary)
  }
  collect()
  const bytes = process.memoryUsage.rss() - before
  process.stdout.write(`${JSON.stringify({ held: held.length, bytes })}\n`)
}
