import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

/** ONNX models of a few lines, written as `onnx.proto3` has them. */

type Write = (writer: BinaryWriter) => void

/** By its name a size that is known only when the model runs. */
export type Size = number | string

export interface ModelValue {
  readonly name: string
  /** `TensorProto.DataType`. */
  readonly type: number
  readonly sizes: readonly Size[]
}

export interface ModelNode {
  readonly operator: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Whole numbers, or lists of them. */
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>
}

export interface ModelTensor {
  readonly name: string
  readonly type: number
  readonly sizes: readonly number[]
  readonly data: Uint8Array | Float32Array | BigInt64Array
}

export interface ModelParts {
  readonly nodes: readonly ModelNode[]
  readonly inputs: readonly ModelValue[]
  readonly outputs: readonly ModelValue[]
  readonly constants?: readonly ModelTensor[]
}

export function onnxModel({ nodes, inputs, outputs, constants = [] }: ModelParts): Uint8Array {
  const writer = new BinaryWriter()
  int(writer, 1, 9)
  message(writer, 7, (graph) => {
    for (const node of nodes) message(graph, 1, (into) => writeNode(into, node))
    text(graph, 2, 'graph')
    for (const constant of constants) message(graph, 5, (into) => writeTensor(into, constant))
    for (const value of inputs) message(graph, 11, (into) => writeValue(into, value))
    for (const value of outputs) message(graph, 12, (into) => writeValue(into, value))
  })
  message(writer, 8, (opset) => {
    text(opset, 1, '')
    int(opset, 2, 17)
  })
  return writer.finish()
}

const INT = 2
const INTS = 7

function writeNode(writer: BinaryWriter, { operator, inputs, outputs, attributes = {} }: ModelNode): void {
  for (const input of inputs) text(writer, 1, input)
  for (const output of outputs) text(writer, 2, output)
  text(writer, 4, operator)
  for (const [name, value] of Object.entries(attributes))
    message(writer, 5, (attribute) => {
      text(attribute, 1, name)
      if (typeof value === 'number') int(attribute, 3, value)
      else for (const one of value) int(attribute, 8, one)
      int(attribute, 20, typeof value === 'number' ? INT : INTS)
    })
}

function writeTensor(writer: BinaryWriter, { name, type, sizes, data }: ModelTensor): void {
  for (const size of sizes) int(writer, 1, size)
  int(writer, 2, type)
  text(writer, 8, name)
  writer.tag(9, WireType.LengthDelimited).bytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
}

function writeValue(writer: BinaryWriter, { name, type, sizes }: ModelValue): void {
  text(writer, 1, name)
  message(writer, 2, (kind) =>
    message(kind, 1, (tensor) => {
      int(tensor, 1, type)
      message(tensor, 2, (shape) => {
        for (const size of sizes)
          message(shape, 1, (dimension) =>
            typeof size === 'number' ? int(dimension, 1, size) : text(dimension, 2, size),
          )
      })
    }),
  )
}

function message(writer: BinaryWriter, field: number, write: Write): void {
  writer.tag(field, WireType.LengthDelimited).fork()
  write(writer)
  writer.join()
}

function int(writer: BinaryWriter, field: number, value: number): void {
  writer.tag(field, WireType.Varint).int64(value)
}

function text(writer: BinaryWriter, field: number, value: string): void {
  writer.tag(field, WireType.LengthDelimited).string(value)
}
