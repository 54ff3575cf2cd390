import { spawnSync } from 'node:child_process'
import { RequirementError } from '../benchmark.ts'
import { LineProcess } from '../line-process.ts'

const SCRIPT = `
import sys, time
import numpy, onnxruntime
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
size = int(sys.argv[2])
image = numpy.full((1, 3, size, size), 0.5, dtype=numpy.float32)
for line in sys.stdin:
    begun = time.perf_counter_ns()
    for _ in range(int(line)):
        session.run(None, {"image": image})
    print(time.perf_counter_ns() - begun, flush=True)
`

/** onnxruntime in Python, on one thread; it answers a count with the nanoseconds. */
export function pythonPeer(model: string, size: number): LineProcess {
  return new LineProcess(['python3', '-c', SCRIPT, model, String(size)])
}

/** @throws {RequirementError} */
export function requirePython(): void {
  if (spawnSync('python3', ['-c', 'import onnxruntime'], { stdio: 'ignore' }).status !== 0)
    throw new RequirementError('onnxruntime is missing: python3 -m pip install onnxruntime')
}
