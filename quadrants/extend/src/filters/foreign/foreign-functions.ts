import { Result } from '@quadrant/wasm/proxy-wasm'
import type { AttributeSource } from './attribute-source.ts'
import { compress, uncompress } from './compression.ts'
import type { Expressions } from './expressions.ts'
import type { LifeSpan, PropertyDeclaration } from './filter-state.ts'
import type { Bounded } from './foreign-limits.ts'
import { numberField, readProtoFields, textField } from './proto-fields.ts'
import { signText, verifySignature } from './signatures.ts'

/** Who calls, and what may become of it. */
export interface ForeignContext extends Bounded {
  readonly attributes: AttributeSource
  /** Of the plugin, whichever of its contexts calls. */
  readonly expressions: Expressions
  setFilterState(key: string, value: string, span: LifeSpan): Result
  declareProperty(name: string, declaration: PropertyDeclaration): Result
  clearRouteCache(): void
}

type ForeignFunction = (bytes: Uint8Array, context: ForeignContext) => Uint8Array | Result

const NO_BYTES = new Uint8Array()

/** Numbers of `LifeSpan` and `WasmType` of Envoy; those that it does not know are the first. */
const SPANS: readonly LifeSpan[] = ['filter-chain', 'request', 'connection']
const TYPES: readonly PropertyDeclaration['type'][] = ['bytes', 'string', 'flat-buffers', 'protobuf']

/** As in Envoy 1.40 (source/extensions/common/wasm/foreign.cc), with its results where something is wrong. */
const FUNCTIONS: ReadonlyMap<string, ForeignFunction> = new Map<string, ForeignFunction>([
  ['compress', compress],
  ['uncompress', uncompress],
  ['verify_signature', verifySignature],
  ['sign', signText],
  ['set_envoy_filter_state', setFilterState],
  [
    'clear_route_cache',
    (_, context) => {
      context.clearRouteCache()
      return NO_BYTES
    },
  ],
  ['expr_create', createExpression],
  ['expr_evaluate', evaluateExpression],
  ['expr_delete', deleteExpression],
  ['declare_property', declareProperty],
])

/** Calls a function of Envoy for a filter. The bytes of its result, or the number that the filter gets instead. */
export function callForeignFunction(
  name: string,
  bytes: Uint8Array,
  context: ForeignContext,
): Uint8Array | Result {
  return FUNCTIONS.get(name)?.(bytes, context) ?? Result.NOT_FOUND
}

/** `SetEnvoyFilterStateArguments`: path 1, value 2, span 3. */
function setFilterState(bytes: Uint8Array, context: ForeignContext): Uint8Array | Result {
  const fields = readProtoFields(bytes)
  const path = fields && textField(fields, 1)
  const value = fields && textField(fields, 2)
  if (fields === undefined || path === undefined || value === undefined) return Result.BAD_ARGUMENT
  return orNothing(context.setFilterState(path, value, SPANS[numberField(fields, 3)] ?? 'filter-chain'))
}

/** `DeclarePropertyArguments`: name 1, readonly 2, type 3, schema 4, span 5. */
function declareProperty(bytes: Uint8Array, context: ForeignContext): Uint8Array | Result {
  const fields = readProtoFields(bytes)
  const name = fields && textField(fields, 1)
  if (fields === undefined || name === undefined) return Result.BAD_ARGUMENT
  const declaration = {
    type: TYPES[numberField(fields, 3)] ?? 'bytes',
    isReadonly: numberField(fields, 2) !== 0,
    span: SPANS[numberField(fields, 5)] ?? 'filter-chain',
  }
  return orNothing(context.declareProperty(name, declaration))
}

function createExpression(bytes: Uint8Array, context: ForeignContext): Uint8Array | Result {
  const token = context.expressions.create(bytes)
  if (token === 'over-limit') context.refused()
  return typeof token === 'number' ? new Uint8Array(Uint32Array.of(token).buffer) : Result.BAD_ARGUMENT
}

function evaluateExpression(bytes: Uint8Array, context: ForeignContext): Uint8Array | Result {
  const token = tokenOf(bytes)
  return token === undefined
    ? Result.BAD_ARGUMENT
    : context.expressions.evaluate(token, context.attributes, context.refused)
}

function deleteExpression(bytes: Uint8Array, context: ForeignContext): Uint8Array | Result {
  const token = tokenOf(bytes)
  if (token === undefined) return Result.BAD_ARGUMENT
  context.expressions.delete(token)
  return NO_BYTES
}

/** 32 bits, little-endian; undefined for anything else. */
function tokenOf(bytes: Uint8Array): number | undefined {
  if (bytes.length !== 4) return undefined
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
}

function orNothing(result: Result): Uint8Array | Result {
  return result === Result.OK ? NO_BYTES : result
}
