// Runs the tests: `npm test [-- WORD...]` all of them, or those whose path has one of the words; `npm run e2e` those of
// e2e/ at full length (thousands of connections, dozens of kills), which `npm test` runs short.
import { spawn } from 'node:child_process'
import { ROOT, repositoryFiles } from './repository.ts'

const words = process.argv.slice(2)
const full = words[0] === 'e2e'
const wanted = (path: string) =>
  full ? path.startsWith('e2e/') : words.length === 0 || words.some((word) => path.includes(word))
const files = repositoryFiles().filter((path) => path.endsWith('.test.ts') && wanted(path))
if (files.length === 0) {
  process.stderr.write(`no test file has ${words.join(' or ')} in its path\n`)
  process.exit(2)
}

// One file at a time: tests share the kernel's one list of programs and maps, and look at what is left in it.
const args = ['--test', '--test-concurrency=1', '--test-reporter=spec', '--test-timeout=600000', ...files]
const child = spawn(process.execPath, args, {
  cwd: ROOT,
  stdio: 'inherit',
  env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...(full ? { QUADRANT_E2E: 'full' } : {}) },
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
