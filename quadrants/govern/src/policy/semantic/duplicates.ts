import { objectKey } from './catalog.ts'
import { shownObject } from './object-search.ts'
import type { SemanticContext } from './problem.ts'

/** The same resource in two documents: nobody could tell which of them is meant. */
export function findDuplicates({ declared, lookup, report }: SemanticContext): void {
  const { declares } = declared.document
  if (!declares) return
  const { group, kind, namespace, name } = declares
  const [first] = lookup.find(objectKey(group, kind, namespace, name))
  if (first && first !== declared)
    report({
      code: 'duplicateResource',
      severity: 'error',
      path: ['metadata', 'name'],
      message: `${shownObject(declares)} is already declared in ${first.file}, document ${first.index + 1}`,
      fix: 'give it another name, or remove one',
    })
}
