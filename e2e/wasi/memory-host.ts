// Runs a command whose files are all in memory: `memory-host.ts JSON`, with a `MemoryRun`. Its exit code is the command's.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compileCommand, memoryDirectory, runCommand, setGuestStackBytes, StreamOutput } from '@quadrant/wasm'

export interface MemoryRun {
  readonly program: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Files and folders of the host that are copied, to the same place. */
  readonly copied: readonly string[]
  /** Folders that are empty at first. */
  readonly empty: readonly string[]
}

const { program, args, env, copied, empty } = JSON.parse(process.argv[2]!) as MemoryRun
setGuestStackBytes(8 << 20)
const files: Record<string, Uint8Array | string> = {}
for (const path of copied.flatMap(filesBelow)) files[path.slice(1)] = readFileSync(path)
// There is no folder without something in it to begin with.
for (const path of empty) files[join(path, '.keep').slice(1)] = ''
const result = await runCommand(await compileCommand(await readFile(program)), {
  args: [program, ...args],
  env,
  stdout: new StreamOutput(process.stdout),
  stderr: new StreamOutput(process.stderr),
  preopens: [{ path: '/', directory: memoryDirectory({ files, bytesMax: 1 << 30, nodesMax: 1_000_000 }) }],
})
if (result.kind !== 'exit') console.error(result)
process.exitCode = result.kind === 'exit' ? result.code : 3

function filesBelow(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || entry.isFile())
    .flatMap((entry) => filesBelow(join(path, entry.name)))
}
