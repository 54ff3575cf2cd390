import { spawnSync } from 'node:child_process'

/** For `test`'s options: why tests that compare with onnxruntime in Python cannot run here. */
export const NEEDS_PYTHON_ONNX: { readonly skip: string | false } = {
  skip:
    spawnSync('python3', ['-c', 'import onnxruntime'], { stdio: 'ignore' }).status === 0
      ? false
      : 'python3 has no package onnxruntime: python3 -m pip install onnxruntime',
}

const SCRIPT = `
import json, sys
import numpy, onnxruntime
order = json.load(sys.stdin)
session = onnxruntime.InferenceSession(order["model"], providers=["CPUExecutionProvider"])
name = session.get_inputs()[0].name
value = numpy.array(order["input"], dtype=numpy.float32).reshape(order["shape"])
json.dump([float(x) for x in session.run(None, {name: value})[0].ravel()], sys.stdout)
`

/** The first output of a model with one input of float32, by onnxruntime in Python. */
export function pythonOutput(
  model: string,
  input: readonly number[],
  shape: readonly number[],
): readonly number[] {
  const { status, stdout, stderr } = spawnSync('python3', ['-c', SCRIPT], {
    input: JSON.stringify({ model, input, shape }),
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as readonly number[]
}
