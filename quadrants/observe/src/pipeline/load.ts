// Pipelines bring a YAML parser, a gRPC client and an HTTP client. The agent, which runs as root, needs none of them
// and loads none: they come when somebody asks for them.

/** `checkPipelines`: reads a pipeline file. */
export async function loadPipelineCheck() {
  const { checkPipelines } = await import('./config/check-pipelines.ts')
  return checkPipelines
}

/** `startPipelines`: runs what a pipeline file declares. */
export async function loadPipelineRun() {
  const { startPipelines } = await import('./run/start-pipelines.ts')
  return startPipelines
}
