import type { ConditionIr, MatchIr, TextFieldMatchIr } from '../ir/match.ts'

/** `match` of a route, or one of `matches` of a condition. */
export function gatewayMatch({ path, method, headers, query }: MatchIr) {
  return {
    ...(path === undefined
      ? { prefix: '/' }
      : path.kind === 'exact'
        ? { path: path.path }
        : path.kind === 'prefix'
          ? { prefix: path.path }
          : { regex: path.pattern }),
    ...(method === undefined ? {} : { methods: [method] }),
    ...(headers.length === 0 ? {} : { headers: headers.map(fieldMatch) }),
    ...(query.length === 0 ? {} : { query: query.map(fieldMatch) }),
  }
}

function fieldMatch({ name, value }: TextFieldMatchIr) {
  return { name, ...(value.kind === 'exact' ? { exact: value.value } : { regex: value.pattern }) }
}

/** `matches` and `when` of what is about some requests alone. */
export function gatewayCondition(condition: Pick<ConditionIr, 'matches' | 'when'> | undefined) {
  if (condition === undefined) return {}
  const { matches, when } = condition
  return {
    ...(matches.length === 0 ? {} : { matches: matches.map((match) => gatewayMatch(match)) }),
    ...(when === undefined ? {} : { when }),
  }
}
