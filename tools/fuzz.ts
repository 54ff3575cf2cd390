// Long fuzzing: `npm run fuzz -- WORD [SECONDS]` runs the property tests in the files whose path has the word, each
// property for so many seconds (60) from a random seed. The suite itself runs them short, from fixed seeds.
// A failure prints its seed and the smallest input, to be added to the test as a case.
import { spawn } from 'node:child_process'
import { ROOT, readText, repositoryFiles } from './repository.ts'

const [word, seconds = '60'] = process.argv.slice(2)
const properties = repositoryFiles().filter(
  (path) => path.endsWith('.test.ts') && readText(path).includes("from 'fast-check'"),
)
const files = properties.filter((path) => word !== undefined && path.includes(word))
if (files.length === 0 || !(Number(seconds) > 0)) {
  process.stderr.write(
    `usage: npm run fuzz -- WORD [SECONDS]\n\nfiles with properties:\n${properties.map((path) => `  ${path}\n`).join('')}`,
  )
  process.exit(2)
}
const child = spawn(
  process.execPath,
  ['--import', './tools/fuzz-hooks.ts', '--test', '--test-concurrency=1', '--test-reporter=spec', ...files],
  { cwd: ROOT, stdio: 'inherit', env: { ...process.env, QUADRANT_FUZZ_SECONDS: seconds } },
)
child.on('exit', (code) => process.exit(code ?? 1))
