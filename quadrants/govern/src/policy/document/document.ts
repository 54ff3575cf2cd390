import type { Severity, TextRange } from '@quadrant/core'
import type { PolicyCodeName } from '../codes.ts'
import type { FoundReference } from '../schema/check-shape.ts'
import type { YamlNode } from '../yaml/yaml-node.ts'
import type { ForeignObject, Resource } from './resource.ts'

/** Something wrong in a document, or worth to know. */
export interface DocumentProblem {
  readonly code: PolicyCodeName
  readonly severity: Severity
  /** From the start of the document. */
  readonly range: TextRange
  readonly message: string
  readonly fix?: string
}

/** A document by itself: what does not depend on any other. */
export interface ReadDocument {
  readonly root: YamlNode | undefined
  /** Undefined where the document has an error, or is of others. */
  readonly resource: Resource | undefined
  readonly foreign: ForeignObject | undefined
  /**
   * What it declares, also where it has errors: then others that refer to it are not told that it is missing.
   */
  readonly declares:
    | { readonly group: string; readonly kind: string; readonly namespace: string; readonly name: string }
    | undefined
  readonly references: readonly FoundReference[]
  readonly problems: readonly DocumentProblem[]
}
