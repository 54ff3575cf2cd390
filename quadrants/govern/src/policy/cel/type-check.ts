import { nearest } from '@quadrant/core'
import type { Expr, ParsedExpr } from '@bufbuild/cel-spec/cel/expr/syntax_pb.js'
import type { PolicyCodeName } from '../codes.ts'
import { ATTRIBUTES } from './attributes.ts'
import {
  BOOL,
  type CelType,
  DYN,
  fits,
  INT,
  joined,
  listOf,
  mapOf,
  nameOf,
  resolved,
  type ScalarName,
} from './cel-type.ts'
import { FUNCTIONS, MACROS, METHODS, METHODS_TOO, shownFunction } from './functions.ts'

/** Something wrong in an expression; places count UTF-16 code units of its text. */
export interface ExpressionProblem {
  readonly code: PolicyCodeName
  readonly start: number
  readonly end: number
  readonly message: string
  readonly fix?: string
}

const DEPTH_MAX = 64
const TYPE_NAMES = new Set([
  'bool',
  'int',
  'uint',
  'double',
  'string',
  'bytes',
  'list',
  'map',
  'null_type',
  'type',
])

/** Finds the type of an expression, and all that does not fit on the way. A mistake is told once: it is `dyn` from there. */
export class TypeCheck {
  readonly problems: ExpressionProblem[] = []
  readonly #text: string
  readonly #parsed: ParsedExpr
  readonly #moment: 'request' | 'response'
  readonly #scopes: { readonly name: string; readonly type: CelType }[] = []
  #depth = 0

  constructor(text: string, parsed: ParsedExpr, moment: 'request' | 'response') {
    this.#text = text
    this.#parsed = parsed
    this.#moment = moment
  }

  check(written: Expr): CelType {
    // The parser writes macros out, and keeps what stood there.
    const macro = this.#parsed.sourceInfo?.macroCalls[String(written.id)]
    const expr = macro ?? written
    if (++this.#depth > DEPTH_MAX) {
      this.#problem('celTooLarge', written, `an expression has at most ${DEPTH_MAX} levels`)
      this.#depth--
      return DYN
    }
    const type = macro ? this.#macro(written, macro) : this.#expression(expr)
    this.#depth--
    return type
  }

  #expression(expr: Expr): CelType {
    const { exprKind } = expr
    switch (exprKind.case) {
      case 'constExpr':
        return constantType(exprKind.value.constantKind.case)
      case 'identExpr':
        return this.#name(expr, exprKind.value.name)
      case 'selectExpr':
        return this.#select(expr)
      case 'callExpr':
        return this.#call(expr)
      case 'listExpr':
        return listOf(joined(exprKind.value.elements.map((item) => this.check(item))))
      case 'structExpr': {
        if (exprKind.value.messageName !== '') {
          this.#problem(
            'celUnknownName',
            expr,
            `there are no messages such as \`${exprKind.value.messageName}\` here`,
          )
          return DYN
        }
        const entries = exprKind.value.entries.map(({ keyKind, value }) => ({
          key: keyKind.case === 'mapKey' ? this.check(keyKind.value) : DYN,
          value: value ? this.check(value) : DYN,
        }))
        return mapOf(joined(entries.map(({ key }) => key)), joined(entries.map(({ value }) => value)))
      }
      default:
        return DYN
    }
  }

  #name(expr: Expr, name: string): CelType {
    const local = this.#scopes.findLast((scope) => scope.name === name)
    if (local) return local.type
    const attribute = Object.hasOwn(ATTRIBUTES, name) ? ATTRIBUTES[name] : undefined
    if (attribute) {
      if (attribute.isLate) this.#early(expr, name)
      return attribute.type
    }
    if (TYPE_NAMES.has(name)) return { kind: 'type' }
    const known = [...this.#scopes.map((scope) => scope.name), ...Object.keys(ATTRIBUTES)]
    this.#problem(
      'celUnknownName',
      expr,
      `there is no \`${name.slice(0, 60)}\``,
      nearest(name, known) ?? `one of ${known.join(', ')}`,
      name.length,
    )
    return DYN
  }

  #select(expr: Expr): CelType {
    if (expr.exprKind.case !== 'selectExpr') return DYN
    const { operand, field } = expr.exprKind.value
    if (!operand) return DYN
    const type = this.check(operand)
    if (type.kind === 'dyn') return DYN
    if (type.kind === 'map') return type.value
    const start = this.#fieldStart(expr, field)
    if (type.kind !== 'object') {
      this.#problemAt('celType', start, field.length, `a ${nameOf(type)} has no fields`)
      return DYN
    }
    const attribute = Object.hasOwn(type.fields, field) ? type.fields[field] : undefined
    if (!attribute) {
      const names = Object.keys(type.fields)
      this.#problemAt(
        'celUnknownName',
        start,
        field.length,
        `${type.name} has no \`${field.slice(0, 60)}\``,
        nearest(field, names) ?? `one of ${names.join(', ')}`,
      )
      return DYN
    }
    if (attribute.isLate && this.#moment === 'request')
      this.#problemAt(
        'celTooEarly',
        start,
        field.length,
        `\`${type.name}.${field}\` is not known yet when this is decided`,
      )
    return attribute.type
  }

  #call(expr: Expr): CelType {
    if (expr.exprKind.case !== 'callExpr') return DYN
    const { function: name, target, args } = expr.exprKind.value
    const given = [...(target ? [target] : []), ...args]
    const types = given.map((arg) => this.check(arg))
    const overloads = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name]! : undefined
    const isMethod = target !== undefined
    if (
      !overloads ||
      (isMethod ? !METHODS.has(name) && !METHODS_TOO.has(name) : METHODS.has(name) && !METHODS_TOO.has(name))
    ) {
      const known = [
        ...(isMethod ? [...METHODS, ...METHODS_TOO] : Object.keys(FUNCTIONS)),
        ...Object.keys(MACROS),
      ].filter((one) => /^[a-z]/i.test(one))
      const [start, length] = this.#functionPlace(expr, name)
      this.#problemAt(
        'celUnknownFunction',
        start,
        length,
        Object.hasOwn(MACROS, name)
          ? `\`${name}\` is not used like this`
          : overloads
            ? `\`${name}\` is ${isMethod ? 'no method' : 'a method'}`
            : `there is no ${isMethod ? 'method' : 'function'} \`${name.slice(0, 60)}\``,
        overloads
          ? isMethod
            ? `${name}(…)`
            : `x.${name}(…)`
          : (nearest(name, known) ?? `one of ${[...new Set(known)].join(', ')}`),
      )
      return DYN
    }
    for (const { takes, gives } of overloads) {
      const bound = new Map<string, CelType>()
      if (takes.length === types.length && takes.every((wanted, index) => fits(wanted, types[index]!, bound)))
        return types.some(({ kind }) => kind === 'dyn') && overloads.length > 1 && !isSettled(overloads)
          ? DYN
          : resolved(gives, bound)
    }
    const [start, length] = this.#functionPlace(expr, name)
    this.#problemAt(
      'celType',
      start,
      length,
      `\`${shownFunction(name)}\` does not take ${types.map(nameOf).join(' and ') || 'nothing'}`,
      conversionFix(name, types),
    )
    return isSettled(overloads) ? overloads[0]!.gives : DYN
  }

  #macro(written: Expr, macro: Expr): CelType {
    if (macro.exprKind.case !== 'callExpr') return DYN
    const { function: name, target, args } = macro.exprKind.value
    if (name === 'has') {
      if (args[0]) this.check(args[0])
      return BOOL
    }
    const range = target ? this.check(target) : DYN
    const variable = args[0]?.exprKind.case === 'identExpr' ? args[0].exprKind.value.name : ''
    const item =
      range.kind === 'list'
        ? range.item
        : range.kind === 'map'
          ? range.key
          : range.kind === 'dyn'
            ? DYN
            : undefined
    if (item === undefined) {
      const [start, length] = this.#functionPlace(written, name)
      const message = `\`${name}\` goes through a list or a map, not a ${nameOf(range)}`
      this.#problemAt('celType', start, length, message)
    }
    this.#scopes.push({ name: variable, type: item ?? DYN })
    const bodies = args.slice(1).map((body) => ({ body, type: this.check(body) }))
    this.#scopes.pop()
    const result = bodies.at(-1)
    const condition = name === 'map' ? (bodies.length > 1 ? bodies[0] : undefined) : result
    if (condition && !fits(BOOL, condition.type))
      this.#problem('celType', condition.body, `\`${name}\` asks for a bool, not a ${nameOf(condition.type)}`)
    if (name === 'map') return listOf(result?.type ?? DYN)
    if (name === 'filter') return listOf(item ?? DYN)
    return BOOL
  }

  #early(expr: Expr, name: string): void {
    if (this.#moment === 'request')
      this.#problem(
        'celTooEarly',
        expr,
        `\`${name}\` is not known yet when this is decided`,
        undefined,
        name.length,
      )
  }

  /** The whole of an expression, and where that is not known the place that is. */
  #problem(code: PolicyCodeName, expr: Expr, message: string, fix?: string, length = 1): void {
    this.#problemAt(code, this.#start(expr), length, message, fix)
  }

  #problemAt(code: PolicyCodeName, start: number, length: number, message: string, fix?: string): void {
    this.problems.push({
      code,
      start,
      end: start + Math.max(1, length),
      message,
      ...(fix === undefined ? {} : { fix }),
    })
  }

  /** Where the parser says that it is; it counts the white space before operators. */
  #start(expr: Expr): number {
    const at = this.#parsed.sourceInfo?.positions[String(expr.id)] ?? 0
    const space = /^\s*/.exec(this.#text.slice(at, at + 256))?.[0].length ?? 0
    return Math.min(at + space, Math.max(0, this.#text.length - 1))
  }

  /** Of `a.b` the parser says where the point is. */
  #fieldStart(expr: Expr, field: string): number {
    const at = this.#text.indexOf(field, this.#start(expr))
    return at === -1 ? this.#start(expr) : at
  }

  #functionPlace(expr: Expr, name: string): readonly [start: number, length: number] {
    const start = this.#start(expr)
    if (!/^[a-z]/i.test(name)) return [start, Math.max(1, shownFunction(name).length)]
    const before = this.#text.lastIndexOf(name, start)
    const at = this.#text.startsWith(name, start)
      ? start
      : before !== -1 && before + name.length >= start - 1
        ? before
        : Math.max(start, this.#text.indexOf(name, start))
    return [at, name.length]
  }
}

/** Whatever it takes, it gives the same. */
function isSettled(overloads: readonly { readonly gives: CelType }[]): boolean {
  const [first, ...rest] = overloads
  return rest.every(({ gives }) => gives.kind === first?.gives.kind) && first?.gives.kind !== 'parameter'
}

const CONSTANTS: Readonly<Record<string, ScalarName>> = {
  nullValue: 'null',
  boolValue: 'bool',
  int64Value: 'int',
  uint64Value: 'uint',
  doubleValue: 'double',
  stringValue: 'string',
  bytesValue: 'bytes',
}

function constantType(name: string | undefined): CelType {
  return { kind: CONSTANTS[name ?? ''] ?? 'dyn' }
}

/** Of two values that differ, how one becomes the other. */
function conversionFix(name: string, types: readonly CelType[]): string | undefined {
  const [left, right] = types
  if (!name.startsWith('_') || !left || !right) return undefined
  if (left.kind === 'int' && right.kind === 'string')
    return 'compare with a number, without quotes; or string(…)'
  if (left.kind === 'string' && fits(INT, right)) return 'write it in quotes, or int(…)'
  return undefined
}
