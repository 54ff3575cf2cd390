// `npm run bench -- NAME [--quick]` runs bench/NAME, prints its table and writes bench/results/NAME.json.
// Exit code: 0 whether goals are met or not, 1 when it could not run, 2 for a wrong command line.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Benchmark, RequirementError } from './benchmark.ts'
import { machine } from './machine.ts'
import { table } from './table.ts'

const FOLDER = import.meta.dirname

async function main(): Promise<number> {
  const names = readdirSync(FOLDER).filter((name) => existsSync(`${FOLDER}/${name}/index.ts`))
  const { values, positionals } = parseArgs({
    options: { quick: { type: 'boolean' } },
    allowPositionals: true,
  })
  const [name] = positionals
  if (positionals.length !== 1 || name === undefined || !names.includes(name)) {
    console.error(`usage: npm run bench -- NAME [--quick]\nNAME is one of: ${names.join(', ')}`)
    return 2
  }
  // Whoever runs a benchmark wants its peers and guests, which may have to be downloaded.
  process.env['QUADRANT_TOOLCHAINS'] ??= 'all'
  const { benchmark } = (await import(`./${name}/index.ts`)) as { benchmark: Benchmark }
  console.log(`${benchmark.name}: ${benchmark.description}\n`)
  const rows = await benchmark.run({
    quick: values.quick ?? false,
    progress: (text) => console.error(text),
  })
  console.log(table(rows))
  mkdirSync(`${FOLDER}/results`, { recursive: true })
  const result = { name, date: new Date().toISOString(), machine: machine(), rows }
  writeFileSync(`${FOLDER}/results/${name}.json`, `${JSON.stringify(result, undefined, 2)}\n`)
  const judged = rows.filter((row) => row.met !== undefined)
  console.log(`\n${name}: ${judged.filter((row) => row.met).length}/${judged.length} rows meet their goal`)
  return 0
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error instanceof RequirementError ? error.message : error)
  process.exitCode = 1
}
