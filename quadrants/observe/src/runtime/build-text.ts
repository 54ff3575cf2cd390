import { createHash } from 'node:crypto'
import type { Build, GoModule } from '@quadrant/proto'

/**
 * Digest of a build's module information as `go version -m` prints it, without its first line, which names the file:
 * `go version -m FILE | tail -n +2 | sha256sum` gives the same.
 */
export function moduleTextDigest(build: Build): string {
  return `sha256:${createHash('sha256').update(moduleText(build)).digest('hex')}`
}

function moduleText({ mainPackage, mainModule, dependencies, settings }: Build): string {
  const lines: string[] = []
  if (mainPackage !== '') lines.push(`path\t${mainPackage}`)
  if (mainModule) addModule(lines, 'mod', mainModule)
  for (const dependency of dependencies) addModule(lines, 'dep', dependency)
  for (const { key, value } of settings) lines.push(`build\t${quoted(key, '=')}=${quoted(value, '')}`)
  return lines.map((line) => `\t${line}\n`).join('')
}

function addModule(lines: string[], word: string, { path, version, sum, replacement }: GoModule): void {
  const base = `${word}\t${path}\t${version}`
  if (!replacement) lines.push(`${base}\t${sum}`)
  else {
    lines.push(base)
    // So does runtime/debug.BuildInfo.String, which ends the line once more.
    addModule(lines, '=>', replacement)
    lines.push('')
  }
}

/** As runtime/debug.BuildInfo.String: quoted where it has to be. */
function quoted(text: string, also: string): string {
  const isPlain = text !== '' || also === ''
  return isPlain && ![...` \t\r\n"\`${also}`].some((char) => text.includes(char))
    ? text
    : JSON.stringify(text)
}
