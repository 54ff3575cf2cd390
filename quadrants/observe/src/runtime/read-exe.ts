import { GolangError, openElf, readBuildIds, type ByteSource } from '@quadrant/golang'
import { identifyBuild, type BuildIdentity } from './build-id.ts'
import type { ReadAnswer, ReadOrder } from './exe-order.ts'
import { readBuild } from './read-build.ts'

const ELF_HEADER_BYTES = 64

/** Reads an executable, unless it still is what it was known to be. */
export function readExe(
  source: ByteSource,
  { path, knownId }: Pick<ReadOrder, 'path' | 'knownId'>,
): ReadAnswer {
  try {
    if (knownId !== undefined && identityOf(source).id === knownId) return { exe: undefined }
    const { build, identity, goVersion } = readBuild(source, path)
    // A copy: what is read may be a small piece of something large, all of which would go from thread to thread.
    const header = source.read(0, Math.min(ELF_HEADER_BYTES, source.byteLength)).slice()
    return { exe: { build, identity, goVersion, header } }
  } catch (error) {
    // With an errno it is the file system's trouble.
    const { code, message } = error as { readonly code?: unknown; readonly message: string }
    if (!(error instanceof GolangError) && typeof code !== 'string') throw error
    return { refusal: message }
  }
}

/** @throws {GolangError} `read` */
function identityOf(source: ByteSource): BuildIdentity {
  try {
    return identifyBuild(source, readBuildIds(openElf(source)))
  } catch (error) {
    if (!(error instanceof GolangError) || error.code === 'read') throw error
    return identifyBuild(source, {})
  }
}
