import { formatCoordinate } from '@quadrant/core'
import type { Build, Evidence, Fact, GoModule } from '@quadrant/proto'
import { moduleTextDigest } from './build-text.ts'
import { goVersionName } from './read-build.ts'

/** Longer coordinates are refused by whoever reads them. */
const COORDINATE_LENGTH_MAX = 512

export interface BuildFacts {
  readonly facts: Fact[]
  /** That could not be told, since a name in them is too long. */
  readonly refusedCount: number
}

/**
 * What a build's own module information says. It holds for as long as there is such a build, so it has no beginning.
 *
 * A replaced module is told by three facts: the build depends on what is asked for, that is replaced by another, and
 * the build depends on that one, which alone is in it.
 */
export function buildFacts(build: Build, observedAtNs: number): BuildFacts {
  if (build.runtimeVersion === '') return { facts: [], refusedCount: 0 }
  const evidence: Evidence = {
    $typeName: 'quadrant.v1.Evidence',
    source: 'build-info',
    observedAtNs,
    digest: moduleTextDigest(build),
  }
  const facts: Fact[] = []
  let refusedCount = 0
  const tell = (subject: string, predicate: string, object: string) => {
    if (subject.length > COORDINATE_LENGTH_MAX || object.length > COORDINATE_LENGTH_MAX) refusedCount++
    else facts.push(factOf(subject, predicate, object, { evidence, validFromNs: 0, validToNs: 0 }))
  }
  const tellModule = (predicate: string, module: GoModule) => {
    tell(build.id, predicate, coordinateOf(module))
    if (!module.replacement) return
    tell(coordinateOf(module), 'replaced-by', coordinateOf(module.replacement))
    tell(build.id, predicate, coordinateOf(module.replacement))
  }
  tell(build.id, 'built-with', formatCoordinate({ kind: 'go', version: goVersionName(build.runtimeVersion) }))
  if (build.mainModule?.path) tellModule('main-module', build.mainModule)
  for (const dependency of build.dependencies) if (dependency.path) tellModule('depends-on', dependency)
  return { facts, refusedCount }
}

export function factOf(
  subject: string,
  predicate: string,
  object: string,
  about: { readonly evidence: Evidence; readonly validFromNs: number; readonly validToNs: number },
): Fact {
  return { $typeName: 'quadrant.v1.Fact', subject, predicate, object, ...about }
}

function coordinateOf({ path, version }: GoModule): string {
  return formatCoordinate({ kind: 'mod', path, version })
}
