// `npm run generate`: rewrites all that is generated and committed. With --check nothing may change: it fails, naming
// the files, where the tree was stale. Layouts of Go's runtime are made anew only with --toolchains: they need real
// toolchains, which are downloaded. Without it they are but compared with what is asked for. Envoy's descriptors are made
// anew only with --envoy, by Go; the code that is generated of them always is.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { referenceFiles } from '@quadrant/cli'
import { generateRuntimeTables, isRuntimeTableCurrent } from '../lib/golang/generate/runtime-tables.ts'
import { generateTlsTables, isTlsTableCurrent } from '../lib/golang/generate/tls-tables.ts'
import { buildObjects, compilerVersion } from '../quadrants/observe/bpf/build.ts'
import { completeLockfile } from './lockfile.ts'
import { ROOT, readText, repositoryFiles } from './repository.ts'

const GENERATED =
  /^lib\/proto\/envoy\/descriptors\.binpb$|^lib\/(proto|golang)\/src\/gen\/|^docs\/reference\/|^package-lock\.json$|^quadrants\/observe\/bpf\/(objects\.json|.*\.o)$/

const before = hashes()
generateProtocol()
generateObjects()
generateReference()
generateRuntime()
completeLockfile()
if (process.argv.includes('--check')) {
  const after = hashes()
  const stale = [...new Set([...before.keys(), ...after.keys()])].filter(
    (path) => before.get(path) !== after.get(path),
  )
  for (const path of stale) process.stderr.write(`stale: ${path}; npm run generate has rewritten it\n`)
  if (stale.length > 0) process.exitCode = 1
}

function generateProtocol(): void {
  const cwd = join(ROOT, 'lib/proto')
  if (process.argv.includes('--envoy')) {
    const result = spawnSync('go', ['-C', 'envoy', 'run', '.', 'descriptors.binpb'], {
      cwd,
      stdio: 'inherit',
    })
    if (result.status !== 0) throw new Error(`go run: ${result.error?.message ?? result.status}`)
  }
  for (const more of [[], ['--template', 'buf.gen.envoy.yaml']]) {
    const result = spawnSync('buf', ['generate', ...more], { cwd, stdio: 'inherit' })
    if (result.status !== 0) throw new Error(`buf generate: ${result.error?.message ?? result.status}`)
  }
}

function generateObjects(): void {
  if (compilerVersion() === undefined) process.stderr.write('no clang: the BPF objects stay as they are\n')
  else buildObjects()
}

function generateReference(): void {
  const protos = repositoryFiles().filter(
    (path) => path.startsWith('lib/proto/quadrant/') && path.endsWith('.proto'),
  )
  for (const [path, text] of referenceFiles(protos.map(readText))) {
    const target = join(ROOT, 'docs/reference', path)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, text)
  }
}

function generateRuntime(): void {
  if (process.argv.includes('--toolchains')) {
    const log = (line: string) => process.stderr.write(`${line}\n`)
    generateRuntimeTables(log)
    generateTlsTables(log)
  }
  for (const [table, isCurrent] of [
    ['runtime-tables', isRuntimeTableCurrent()],
    ['tls-tables', isTlsTableCurrent()],
  ] as const) {
    if (isCurrent) continue
    process.stderr.write(
      `stale: lib/golang/src/gen/${table}.ts; npm run generate -- --toolchains makes it anew\n`,
    )
    process.exitCode = 1
  }
}

function hashes(): ReadonlyMap<string, string> {
  return new Map(
    repositoryFiles()
      .filter((path) => GENERATED.test(path) && existsSync(join(ROOT, path)))
      .map((path) => [
        path,
        createHash('sha256')
          .update(readFileSync(join(ROOT, path)))
          .digest('hex'),
      ]),
  )
}
