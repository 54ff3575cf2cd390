import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter } from 'node:path'
import { RequirementError } from './benchmark.ts'

/** How to get the tools that benchmarks call. */
const INSTALL = {
  clang: 'apt install clang libbpf-dev',
  gcc: 'apt install gcc libbpf-dev',
  go: 'install Go 1.26 or later and put it in PATH',
  'wasm-ld': 'apt install lld',
  cargo: 'install Rust by rustup, and its target: rustup target add wasm32-wasip1',
  nginx: 'apt install nginx-light',
  wrk: 'apt install wrk',
  h2load: 'apt install nghttp2-client',
  openssl: 'apt install openssl',
} as const

/** Where programs are, servers included, which not every user's PATH has. */
export const TOOL_PATH = [process.env.PATH ?? '', '/usr/sbin'].join(delimiter)

export type Tool = keyof typeof INSTALL

/** @throws {RequirementError} that names all that is missing and how to get it */
export function requireTools(tools: readonly Tool[]): void {
  const missing = tools.filter((tool) => !inPath(tool))
  if (missing.length === 0) return
  throw new RequirementError(missing.map((tool) => `${tool} is missing: ${INSTALL[tool]}`).join('\n'))
}

/** @throws {RequirementError} unless the process is root */
export function requireRoot(what: string): void {
  if (process.getuid?.() !== 0) throw new RequirementError(`${what} needs root: run it with sudo`)
}

/** Runs a compiler, with these variables besides its own. @throws {RequirementError} with what it printed */
export function build(
  tool: Tool,
  args: readonly string[],
  folder: string,
  env: Readonly<Record<string, string>> = {},
): void {
  try {
    execFileSync(tool, args, {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
    })
  } catch (error) {
    const { stderr } = error as { stderr?: string }
    throw new RequirementError(
      `${tool} ${args.join(' ')} failed (${INSTALL[tool]}):\n${stderr ?? String(error)}`,
    )
  }
}

function inPath(tool: string): boolean {
  return TOOL_PATH.split(delimiter).some((folder) => {
    try {
      accessSync(`${folder}/${tool}`, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
