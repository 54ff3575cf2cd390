// All that a mesh is: what proxies are to have, and how they begin.
export { envoyBootstrap, grpcBootstrap } from './mesh/bootstrap.ts'
export { type CompiledMesh, compileMesh } from './mesh/compile-mesh.ts'
