import { spawnSync } from 'node:child_process'

/** For `test`'s options: why tests with Go programs cannot run here. */
export const NEEDS_GO: { readonly skip: string | false } = {
  skip: spawnSync('go', ['version'], { stdio: 'ignore' }).status === 0 ? false : 'go is not installed',
}
