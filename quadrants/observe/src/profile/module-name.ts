import type { BuildInfo, GoModule } from '@quadrant/golang'

/** What a function of a Go program belongs to: `path@version` of its module, or `std`. */
export type ModuleOf = (functionName: string) => string

/** Packages that are remembered; a large program has 2000. */
const PACKAGES_MAX = 8192

/** Tells functions' modules by the longest path of a module that their package is in. */
export function moduleNames(buildInfo: BuildInfo | undefined, programName: string): ModuleOf {
  const modules = new Map<string, string>()
  const main = buildInfo?.main
  for (const module of [...(buildInfo?.dependencies ?? []), ...(main ? [main] : [])])
    modules.set(module.path, moduleName(module))
  const mainName = main === undefined ? programName : moduleName(main)
  const known = new Map<string, string>()

  const ofPackage = (path: string): string => {
    // Where package main is outside of the main module, as with `go install path@version`, its path tells.
    if (path === 'main') return mainName
    for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
      const name = modules.get(path.slice(0, end))
      if (name !== undefined) return name
    }
    // Only paths of the standard library have no dot in their first element (go help importpath).
    const first = path.split('/', 1)[0]!
    return first.includes('.') ? '' : 'std'
  }
  return (functionName) => {
    const path = packagePath(functionName)
    let name = known.get(path)
    if (name === undefined) {
      name = ofPackage(path)
      if (known.size >= PACKAGES_MAX) known.clear()
      known.set(path, name)
    }
    return name
  }
}

/** `path@version` of what was built. */
function moduleName(module: GoModule): string {
  // A replacement by a folder has no version; the code still is known by the path it is imported by.
  const version = module.replace?.version || module.version
  const path = module.replace?.version ? module.replace.path : module.path
  return version === '' ? path : `${path}@${version}`
}

/** The import path in a function's name: `gopkg.in/yaml.v3` of `gopkg.in/yaml%2ev3.(*Node).Decode`. */
export function packagePath(functionName: string): string {
  // What the compiler makes for types: `type:.eq.net/http.Header`.
  const name = functionName.replace(/^(?:type:|type\.)\.?(?:eq|hash)\.(?:\[\d+\])?/, '')
  const bracket = name.indexOf('[')
  const plain = bracket === -1 ? name : name.slice(0, bracket)
  const dot = plain.indexOf('.', plain.lastIndexOf('/') + 1)
  const path = dot === -1 ? plain : plain.slice(0, dot)
  return path.replaceAll(/%([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
