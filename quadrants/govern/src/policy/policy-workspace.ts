import { createHash } from 'node:crypto'
import type { ReadDocument } from './document/document.ts'
import { readDocument } from './document/read-document.ts'
import type { Resource } from './document/resource.ts'
import { type Finding, findingOf, LineIndex, type Location } from './finding.ts'
import type { Ir } from '../ir/gateway.ts'
import type { Origin } from '../ir/origin.ts'
import { lower } from '../lowering/lower.ts'
import type { World } from '../lowering/world.ts'
import { Catalog, compareOrder, type Declared, objectKey } from './semantic/catalog.ts'
import { findConflicts } from './semantic/conflicts.ts'
import { findDuplicates } from './semantic/duplicates.ts'
import { findParentProblems } from './semantic/parents.ts'
import type { SemanticContext, SemanticProblem } from './semantic/problem.ts'
import { findReferenceProblems } from './semantic/references.ts'
import { findShadowedMatches } from './semantic/shadowed-matches.ts'
import { findTargetProblems } from './semantic/targets.ts'
import { findUselessParts } from './semantic/useless-parts.ts'
import { type DocumentText, splitDocuments } from './yaml/split-documents.ts'
import { placeOf } from './yaml/yaml-node.ts'

const FILE_LENGTH_MAX = 64 << 20
const DOCUMENTS_MAX = 50_000

const CHECKS: readonly ((context: SemanticContext) => void)[] = [
  findDuplicates,
  findTargetProblems,
  findParentProblems,
  findReferenceProblems,
  findShadowedMatches,
  findConflicts,
  findUselessParts,
]

export interface PolicyWorkspaceOptions {
  /**
   * Services, Secrets and other objects of Kubernetes are not among the files: that one is missing is not told. Default
   * false.
   */
  readonly isOpenWorld?: boolean
}

interface File {
  readonly text: string
  readonly documentTexts: readonly string[]
  readonly declared: readonly Declared[]
  /** Of the file itself. */
  readonly problem: string | undefined
  /** Made when somebody asks for a place. */
  lines?: LineIndex
}

/**
 * Documents of many files, and what is known of them. A document that does not change is not read again, and what
 * depends on none that changed is not checked again.
 */
export class PolicyWorkspace {
  readonly #isOpenWorld: boolean
  readonly #files = new Map<string, File>()
  readonly #catalog = new Catalog()
  readonly #dirty = new Set<Declared>()
  readonly #semantic = new Map<Declared, readonly SemanticProblem[]>()
  readonly #findings = new Map<string, readonly Finding[]>()

  constructor(options: PolicyWorkspaceOptions = {}) {
    this.#isOpenWorld = options.isOpenWorld ?? false
  }

  /** Takes a file, or another text of it. */
  setFile(name: string, text: string): void {
    const before = this.#files.get(name)
    if (before?.text === text) return
    const { documents, problem } = documentsOf(text)
    const known = new Map<string, ReadDocument>()
    for (const [index, { document }] of before?.declared.entries() ?? [])
      known.set(before!.documentTexts[index]!, document)
    this.#drop(name)
    const declared = documents.map(({ text: content, start }, index): Declared => ({
      file: name,
      index,
      start,
      document: known.get(content) ?? readDocument(content),
    }))
    const documentTexts = documents.map((one) => one.text)
    this.#files.set(name, { text, documentTexts, declared, problem })
    for (const one of declared) {
      this.#dirty.add(one)
      this.#mark(this.#catalog.add(one))
    }
  }

  removeFile(name: string): void {
    this.#drop(name)
    this.#files.delete(name)
  }

  /** All that is wrong, or worth to know, by file and place. */
  findings(): readonly Finding[] {
    this.#checkDirty()
    return [...this.#files.keys()].toSorted().flatMap((name) => this.#findingsOf(name))
  }

  /** Resources of documents without errors, in the order of files and documents; of those declared twice the first. */
  resources(): readonly Resource[] {
    this.#checkDirty()
    return [...this.#files.values()]
      .flatMap(({ declared }) => declared)
      .toSorted(compareOrder)
      .flatMap((declared) => {
        const { resource } = declared.document
        const isRefused = this.#semantic.get(declared)?.some(({ severity }) => severity === 'error')
        return resource && !isRefused ? [resource] : []
      })
  }

  /** Of a file, as it was given. */
  text(name: string): string | undefined {
    return this.#files.get(name)?.text
  }

  /** The same for the same files and texts. */
  fingerprint(): string {
    const hash = createHash('sha256')
    for (const [name, { text }] of [...this.#files].toSorted(([a], [b]) => (a < b ? -1 : 1)))
      hash.update(`${name.length} ${name} ${text.length} ${text}`)
    return hash.digest('base64')
  }

  /** Everything that is known, as back ends need it. */
  world(): World {
    const resources = this.resources()
    const foreign = [...this.#files.values()].flatMap(({ declared }) =>
      declared.flatMap(({ document }) => document.foreign ?? []),
    )
    return {
      resources,
      services: foreign.filter(({ group, kind }) => group === '' && kind === 'Service'),
      contents: foreign.filter(({ content }) => content !== undefined),
      namespaceLabels: (namespace) =>
        this.#catalog.peek(objectKey('', 'Namespace', '', namespace))[0]?.document.foreign?.labels,
    }
  }

  /** What the documents without errors mean together. */
  ir(): Ir {
    return lower(this.world())
  }

  /** Where something was said. Undefined where the resource is of no file. */
  locate({ resource: { group, kind, namespace, name }, path }: Origin): Location | undefined {
    const [declared] = this.#catalog.peek(objectKey(group, kind, namespace, name))
    const root = declared?.document.root
    const file = declared && this.#files.get(declared.file)
    if (!declared || !root || !file) return undefined
    const { start, end } = placeOf(root, path)
    file.lines ??= new LineIndex(file.text)
    const from = file.lines.at(declared.start + start)
    const to = file.lines.at(declared.start + end)
    return {
      file: declared.file,
      line: from.line,
      column: from.column,
      endLine: to.line,
      endColumn: to.column,
    }
  }

  #drop(name: string): void {
    for (const one of this.#files.get(name)?.declared ?? []) {
      this.#dirty.delete(one)
      this.#semantic.delete(one)
      this.#mark(this.#catalog.remove(one))
    }
    this.#findings.delete(name)
  }

  #mark(declared: Iterable<Declared>): void {
    for (const one of declared) this.#dirty.add(one)
  }

  #checkDirty(): void {
    for (const declared of this.#dirty) {
      const problems: SemanticProblem[] = []
      const context: SemanticContext = {
        declared,
        lookup: this.#catalog.lookupFor(declared),
        isOpenWorld: this.#isOpenWorld,
        report: (problem) => problems.push(problem),
      }
      for (const check of CHECKS) check(context)
      this.#semantic.set(declared, problems)
      this.#findings.delete(declared.file)
    }
    this.#dirty.clear()
  }

  #findingsOf(name: string): readonly Finding[] {
    const known = this.#findings.get(name)
    if (known) return known
    const file = this.#files.get(name)!
    const lines = (file.lines ??= new LineIndex(file.text))
    const findings = file.declared.flatMap((declared) => {
      const { document, start } = declared
      const problems = [
        ...document.problems,
        ...(this.#semantic.get(declared) ?? []).map(({ code, severity, path, isKey, message, fix }) => ({
          code,
          severity,
          message,
          fix,
          range: document.root ? placeOf(document.root, path, isKey) : { start: 0, end: 1 },
        })),
      ]
      return problems.map((problem) => findingOf(problem, name, lines, start))
    })
    if (file.problem !== undefined)
      findings.push(
        findingOf(
          { code: 'tooLarge', severity: 'error', range: { start: 0, end: 1 }, message: file.problem },
          name,
          lines,
          0,
        ),
      )
    const sorted = findings.toSorted((a, b) => a.range!.start - b.range!.start)
    this.#findings.set(name, sorted)
    return sorted
  }
}

function documentsOf(text: string): {
  readonly documents: readonly DocumentText[]
  readonly problem: string | undefined
} {
  if (text.length > FILE_LENGTH_MAX)
    return {
      documents: [],
      problem: `a file has at most ${FILE_LENGTH_MAX} characters: nothing of it is read`,
    }
  const documents = splitDocuments(text)
  return {
    documents: documents.slice(0, DOCUMENTS_MAX),
    problem:
      documents.length > DOCUMENTS_MAX
        ? `${documents.length - DOCUMENTS_MAX} documents after the first ${DOCUMENTS_MAX} are not read`
        : undefined,
  }
}
