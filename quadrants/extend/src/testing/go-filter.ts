import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { REPOSITORY, builtFilter } from './built-filter.ts'

const SDK = 'guest/go'

const version = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' })

/** The module of a filter in Go, such as `examples/filters/hello-header`: its bytes. */
export function goFilter(folder: string): Uint8Array<ArrayBuffer> {
  return readFileSync(goFilterFile(folder))
}

/** The same as a file, which stays: what is built of the same source is the same file. */
export function goFilterFile(folder: string): string {
  const module = moduleOf(folder)
  return builtFilter({
    folder,
    // Another package of its module might be imported.
    folders: [SDK, module],
    compiler: version.stdout.trim(),
    build: (scratch) => {
      const file = join(scratch, 'filter.wasm')
      execFileSync('go', ['build', '-buildmode=c-shared', '-trimpath', '-o', file, '.'], {
        cwd: join(REPOSITORY, folder),
        env: { ...process.env, GOOS: 'wasip1', GOARCH: 'wasm', GOFLAGS: '-buildvcs=false' },
      })
      return file
    },
  })
}

function moduleOf(folder: string): string {
  let module = folder
  while (!existsSync(join(REPOSITORY, module, 'go.mod'))) {
    if (module === '.') throw new Error(`${folder} is in no module of Go`)
    module = dirname(module)
  }
  return module
}
