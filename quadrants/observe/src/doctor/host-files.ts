import { accessSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** What the checks read of a host. Undefined stands for "not there, or not for us". */
export interface HostFiles {
  text(path: string): string | undefined
  exists(path: string): boolean
  link(path: string): string | undefined
  entries(path: string): readonly string[] | undefined
}

/** The host that we run on. */
export const realHostFiles: HostFiles = {
  text: (path) => attempt(() => readFileSync(path, 'utf8')),
  exists: (path) => attempt(() => accessSync(path) ?? true) === true,
  link: (path) => attempt(() => readlinkSync(path)),
  entries: (path) => attempt(() => readdirSync(path)),
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
