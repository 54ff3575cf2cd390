import { keepCompiledCode, limitCompiledCode } from './compiled-code.ts'

const VARIABLE = 'NODE_COMPILE_CACHE'

// Where somebody has set it, it is theirs to care for.
const folder =
  process.env[VARIABLE] === undefined
    ? keepCompiledCode({ env: process.env, uid: process.getuid?.() ?? -1 })
    : undefined
// The agent, the server and whatever else is started share it.
if (folder !== undefined) process.env[VARIABLE] = folder
// Not before: what an import statement names is loaded first of all.
await import('./command-line.ts')
if (folder !== undefined && process.argv[2] === 'up') limitCompiledCode(folder)
