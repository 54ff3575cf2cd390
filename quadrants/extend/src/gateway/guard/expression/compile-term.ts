import type { parse } from '@bufbuild/cel'
import { utf8Text } from '../../../filters/foreign/attribute-value.ts'
import { compilePattern } from '../../pattern/compile-pattern.ts'
import { PatternError } from '../../pattern/pattern-parser.ts'
import { attributeTerm, hasHeaderTerm, headerTerm } from './attribute-term.ts'
import { boolTerm, intTerm, stringTerm, type Term, type TermOf } from './term.ts'

export type CelExpression = NonNullable<ReturnType<typeof parse>['expr']>

/**
 * The closure that an expression is, where all its parts are of a type that is known and none of them does more than
 * compare: most conditions are of that kind, and cost some nanoseconds. Undefined: it is left to CEL's own planner.
 */
export function compileTerm({ exprKind }: CelExpression): Term | undefined {
  switch (exprKind.case) {
    case 'constExpr': {
      const { constantKind } = exprKind.value
      if (constantKind.case === 'boolValue') return constant('bool', constantKind.value)
      if (constantKind.case === 'stringValue') return constant('string', utf8Text(constantKind.value))
      if (constantKind.case !== 'int64Value') return undefined
      const value = Number(constantKind.value)
      return Number.isSafeInteger(value) ? constant('int', value) : undefined
    }
    case 'selectExpr': {
      const path = pathOf(exprKind.value)
      if (path === undefined) return undefined
      const isHeader = path.startsWith(HEADERS)
      const name = path.slice(HEADERS.length).toLowerCase()
      if (exprKind.value.testOnly) return isHeader ? hasHeaderTerm(name) : undefined
      return isHeader ? headerTerm(name) : attributeTerm(path)
    }
    case 'callExpr': {
      const { function: name, target, args } = exprKind.value
      return target === undefined ? globalCall(name, args) : methodCall(name, target, args)
    }
    default:
      return undefined
  }
}

const HEADERS = 'request.headers.'

/** `request.headers.x` of selections alone. */
function pathOf(select: { readonly operand?: CelExpression; readonly field: string }): string | undefined {
  const { operand, field } = select
  if (operand === undefined || field.includes('.')) return undefined
  const { exprKind } = operand
  if (exprKind.case === 'identExpr') return `${exprKind.value.name}.${field}`
  if (exprKind.case !== 'selectExpr' || exprKind.value.testOnly) return undefined
  const before = pathOf(exprKind.value)
  return before === undefined ? undefined : `${before}.${field}`
}

function isHeaders({ exprKind }: CelExpression): boolean {
  return (
    exprKind.case === 'selectExpr' && !exprKind.value.testOnly && pathOf(exprKind.value) === 'request.headers'
  )
}

function literal({ exprKind }: CelExpression): string | undefined {
  return exprKind.case === 'constExpr' && exprKind.value.constantKind.case === 'stringValue'
    ? exprKind.value.constantKind.value
    : undefined
}

function constant<T extends Term['type']>(type: T, value: NonNullable<ReturnType<TermOf<T>['run']>>): Term {
  return { type, run: () => value } as Term
}

function globalCall(name: string, args: readonly CelExpression[]): Term | undefined {
  const [first, second, third] = args
  if (first === undefined) return undefined
  if (name === '_[_]') {
    const key = second && literal(second)
    return key !== undefined && isHeaders(first) ? headerTerm(key.toLowerCase()) : undefined
  }
  if (name === '@in') return second && membership(first, second)
  const a = compileTerm(first)
  if (a === undefined) return undefined
  if (name === '!_') return a.type === 'bool' ? not(a) : undefined
  if (name === 'size') return a.type === 'string' ? size(a) : undefined
  const b = second && compileTerm(second)
  if (b === undefined) return undefined
  if (name === '_?_:_') return third && a.type === 'bool' ? choice(a, b, compileTerm(third)) : undefined
  if (name === '_&&_') return a.type === 'bool' && b.type === 'bool' ? and(a, b) : undefined
  if (name === '_||_') return a.type === 'bool' && b.type === 'bool' ? or(a, b) : undefined
  return comparison(name, a, b)
}

function methodCall(name: string, target: CelExpression, args: readonly CelExpression[]): Term | undefined {
  const text = compileTerm(target)
  if (text?.type !== 'string') return undefined
  const [first] = args
  if (first === undefined) return name === 'size' ? size(text) : undefined
  if (name === 'matches') return search(text, literal(first))
  const part = compileTerm(first)
  if (part?.type !== 'string') return undefined
  const { run } = text
  const { run: runPart } = part
  const test = TESTS[name]
  if (test === undefined) return undefined
  return boolTerm((request) => {
    const whole = run(request)
    const wanted = runPart(request)
    return whole === undefined || wanted === undefined ? undefined : test(whole, wanted)
  })
}

const TESTS: Readonly<Record<string, (text: string, part: string) => boolean>> = {
  startsWith: (text, part) => text.startsWith(part),
  endsWith: (text, part) => text.endsWith(part),
  contains: (text, part) => text.includes(part),
}

function not({ run }: TermOf<'bool'>): Term {
  return boolTerm((request) => {
    const value = run(request)
    return value === undefined ? undefined : !value
  })
}

/** What is false needs no other side, and none that has a value (CEL, "Logical Operators"). */
function and({ run: a }: TermOf<'bool'>, { run: b }: TermOf<'bool'>): Term {
  return boolTerm((request) => {
    const left = a(request)
    if (left === false) return false
    const right = b(request)
    return right === false ? false : left === undefined || right === undefined ? undefined : true
  })
}

function or({ run: a }: TermOf<'bool'>, { run: b }: TermOf<'bool'>): Term {
  return boolTerm((request) => {
    const left = a(request)
    if (left === true) return true
    const right = b(request)
    return right === true ? true : left === undefined || right === undefined ? undefined : false
  })
}

function choice({ run }: TermOf<'bool'>, a: Term, b: Term | undefined): Term | undefined {
  if (b === undefined || a.type !== b.type) return undefined
  return {
    type: a.type,
    run: (request) => {
      const value = run(request)
      return value === undefined ? undefined : value ? a.run(request) : b.run(request)
    },
  } as Term
}

/** Of values of one type: others are never equal, and CEL has errors for some of them. */
function comparison(name: string, a: Term, b: Term): Term | undefined {
  if (a.type !== b.type) return undefined
  const compare =
    name === '_==_' || name === '_!=_' ? EQUALITY[name] : a.type === 'int' ? ORDER[name] : undefined
  if (compare !== undefined)
    return boolTerm((request) => {
      const left = a.run(request)
      const right = b.run(request)
      return left === undefined || right === undefined ? undefined : compare(left, right)
    })
  if (name !== '_+_' || a.type !== 'string' || b.type !== 'string') return undefined
  const { run: runA } = a
  const { run: runB } = b
  return stringTerm((request) => {
    const left = runA(request)
    const right = runB(request)
    return left === undefined || right === undefined || left.length + right.length > TEXT_LENGTH_MAX
      ? undefined
      : left + right
  })
}

const TEXT_LENGTH_MAX = 1 << 20

type Compare = (a: number | string | boolean, b: number | string | boolean) => boolean
const EQUALITY: Readonly<Record<string, Compare>> = { '_==_': (a, b) => a === b, '_!=_': (a, b) => a !== b }
const ORDER: Readonly<Record<string, Compare>> = {
  '_<_': (a, b) => a < b,
  '_<=_': (a, b) => a <= b,
  '_>_': (a, b) => a > b,
  '_>=_': (a, b) => a >= b,
}

/** `x in [literals]`, and `'name' in request.headers`. */
function membership(element: CelExpression, list: CelExpression): Term | undefined {
  if (isHeaders(list)) {
    const name = literal(element)
    return name === undefined ? undefined : hasHeaderTerm(name.toLowerCase())
  }
  if (list.exprKind.case !== 'listExpr' || list.exprKind.value.optionalIndices.length > 0) return undefined
  const term = compileTerm(element)
  if (term?.type !== 'string') return undefined
  const values = list.exprKind.value.elements.map(literal)
  const wanted = new Set(values.flatMap((value) => (value === undefined ? [] : [utf8Text(value)])))
  if (values.includes(undefined)) return undefined
  const { run } = term
  return boolTerm((request) => {
    const value = run(request)
    return value === undefined ? undefined : wanted.has(value)
  })
}

/** In code points. */
function size({ run }: TermOf<'string'>): Term {
  return intTerm((request) => {
    const text = run(request)
    if (text === undefined) return undefined
    // eslint-disable-next-line no-control-regex
    if (/^[\x00-\x7f]*$/.test(text)) return text.length
    return [...Buffer.from(text, 'latin1').toString()].length
  })
}

/** RE2 looks for it anywhere; patterns here are compared with whole texts. Of bytes: one that is not ASCII is left out. */
function search({ run }: TermOf<'string'>, source: string | undefined): Term | undefined {
  // eslint-disable-next-line no-control-regex
  if (source === undefined || !/^[\x20-\x7e]*$/.test(source)) return undefined
  try {
    const pattern = compilePattern(`(?s:.*)(?:${source})(?s:.*)`)
    compilePattern(source)
    return boolTerm((request) => {
      const text = run(request)
      return text === undefined ? undefined : pattern.matches(text)
    })
  } catch (error) {
    if (error instanceof PatternError) return undefined
    throw error
  }
}
