import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { FORMER_NAMES, RUNTIME_FIELDS, type RuntimeField, type RuntimeStruct } from '../src/runtime/field.ts'
import type { FieldPlace, RuntimeRelease } from '../src/runtime/release.ts'

const STRUCTS = Object.keys(RUNTIME_FIELDS) as RuntimeStruct[]

/** Compiles the reader of DWARF. */
export function buildLayoutReader(folder: string): string {
  const program = join(folder, 'layout')
  execFileSync('go', ['build', '-o', program, '.'], { cwd: join(import.meta.dirname, 'layout') })
  return program
}

/** Where the runtime's fields are in a program that has DWARF. */
export function readLayout(reader: string, program: string): RuntimeRelease['fields'] {
  const requests: { name: RuntimeField; request: string }[] = []
  for (const struct of STRUCTS) {
    for (const path of RUNTIME_FIELDS[struct]) {
      const name = `${struct}.${path}` as RuntimeField
      for (const request of [`${struct} ${path}`, ...(FORMER_NAMES[name] ?? [])])
        requests.push({ name, request })
    }
  }
  const answers = execFileSync(reader, [program], {
    encoding: 'utf8',
    input: requests.map(({ request }) => `runtime.${request}\n`).join(''),
  }).split('\n')
  const fields: Partial<Record<RuntimeField, FieldPlace>> = {}
  requests.forEach(({ name }, index) => {
    const answer = answers[index]
    if (answer === undefined || answer === '-') return
    const [offset, bytes] = answer.split(' ').map(Number) as [number, number]
    fields[name] ??= [offset, bytes]
  })
  return fields
}
