import type { Severity } from '@quadrant/core'
import type { PolicyCodeName } from '../codes.ts'
import type { YamlPath } from '../yaml/yaml-node.ts'
import type { Declared, Lookup } from './catalog.ts'

/** Something of a document that does not fit with others, or with itself. */
export interface SemanticProblem {
  readonly code: PolicyCodeName
  readonly severity: Severity
  readonly path: YamlPath
  /** It is about the key. */
  readonly isKey?: boolean
  readonly message: string
  readonly fix?: string
}

/** What a check of one document is given. */
export interface SemanticContext {
  readonly declared: Declared
  readonly lookup: Lookup
  /** Services, Secrets and other objects of Kubernetes are not among the documents: whether they are there is not known. */
  readonly isOpenWorld: boolean
  readonly report: (problem: SemanticProblem) => void
}
